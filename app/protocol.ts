/**
 * Chooses cookie names by protocol, because a cookie has different names over http and https. A trusted proxy reports
 * whether the client uses http or https.
 */
import type { Request, Response } from 'express';

/**
 * Creates one variant of a middleware for http and one for https, and returns a function that picks the variant for a
 * request. Two variants are needed because cookies have different names over http and https, but libraries accept only
 * one name at setup.
 */
export function byProtocol<T>(make: (secure: boolean) => T): (request: Request) => T {
  const [plain, secure] = [make(false), make(true)];
  return request => (request.secure ? secure : plain);
}

/** Makes the browser delete a cookie of this app. `name` is the cookie's name over http. */
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

/**
 * Removes the `Set-Cookie` lines that a response has for a cookie, because two lines for one cookie would contradict
 * each other.
 *
 * @param name full name of the cookie
 */
export function withdrawCookie(response: Response, name: string): void {
  const lines = [response.getHeader('Set-Cookie') ?? []].flat().map(String);
  const others = lines.filter(line => !line.startsWith(`${name}=`));
  if (others.length === 0) response.removeHeader('Set-Cookie');
  else response.setHeader('Set-Cookie', others);
}
