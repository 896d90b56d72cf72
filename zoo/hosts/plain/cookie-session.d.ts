// The package's own types declare `request.session` globally, which conflicts with express-session.
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
