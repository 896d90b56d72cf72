// Types for cookie-session. The types in the package declare `request.session` globally, which conflicts with the
// types of express-session.
declare module 'cookie-session' {
  import type { RequestHandler } from 'express';

  export default function cookieSession(options: {
    name?: string;
    keys: readonly string[];
    httpOnly?: boolean;
    sameSite?: 'lax' | 'strict' | 'none';
    maxAge?: number;
  }): RequestHandler;
}
