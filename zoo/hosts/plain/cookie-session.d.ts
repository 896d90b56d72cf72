// Its own types claim `request.session` for all programs, as those of express-session do.
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
