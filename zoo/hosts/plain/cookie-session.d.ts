// The types of the package cookie-session conflict with those of express-session, in `request.session`.
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
