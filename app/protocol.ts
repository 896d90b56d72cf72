/** Chooses cookie names by protocol. A trusted proxy reports whether the client uses http or https. */
import type { Request, Response } from 'express';

/**
 * Returns a function that picks a middleware by the request's protocol. Some libraries accept only one cookie name,
 * so `make` is called once for http and once for https.
 */
export function byProtocol<T>(make: (secure: boolean) => T): (request: Request) => T {
  const [plain, secure] = [make(false), make(true)];
  return request => (request.secure ? secure : plain);
}

/**
 * Makes the browser delete a cookie.
 * @param name name of the cookie without the prefix that it has over https
 */
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
 * Removes all `Set-Cookie` lines of a cookie, because two lines would contradict each other.
 * @param name full name of the cookie
 */
export function withdrawCookie(response: Response, name: string): void {
  const lines = [response.getHeader('Set-Cookie') ?? []].flat().map(String);
  const others = lines.filter(line => !line.startsWith(`${name}=`));
  if (others.length === 0) response.removeHeader('Set-Cookie');
  else response.setHeader('Set-Cookie', others);
}
