/** The protocol that the browser speaks, as a trusted proxy tells it. */
import type { Request, Response } from 'express';

/**
 * Cookies are named differently over http and https, but libraries take one name when they are set up:
 * sets up both and picks by request.
 */
export function byProtocol<T>(make: (secure: boolean) => T): (request: Request) => T {
  const [plain, secure] = [make(false), make(true)];
  return request => (request.secure ? secure : plain);
}

/** Tells the browser to forget a cookie of this app, given its name over http. */
export function forgetCookie(request: Request, response: Response, name: string): void {
  const { secure } = request;
  response.clearCookie(secure ? `__Host-${name}` : name, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
  });
}
