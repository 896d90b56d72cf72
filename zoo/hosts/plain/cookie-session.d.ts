// Types of cookie-session. The package's own types declare `request.session` globally, in conflict with express-session.
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
