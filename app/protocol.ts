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
  const full = secure ? `__Host-${name}` : name;
  withdrawCookie(response, full);
  response.clearCookie(full, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
  });
}

/** Takes back what the response was to say of a cookie, given its full name: two lines for one would contradict. */
export function withdrawCookie(response: Response, name: string): void {
  const lines = [response.getHeader('Set-Cookie') ?? []].flat().map(String);
  const others = lines.filter(line => !line.startsWith(`${name}=`));
  if (others.length === 0) response.removeHeader('Set-Cookie');
  else response.setHeader('Set-Cookie', others);
}
