/** Computes where a redirect leads, relative to a target. */
import type { Reply } from '../core/interpret.ts';
import { barePath } from '../core/paths.ts';

/**
 *
 * @param location from the response: relative, absolute, or not an address at all
 * @param base the address of the request, with the target's own Host
 * @param site the target's address; its path is put before all others
 * @param asked the address that the request was sent to: that of an instance if it bypassed the balancer
 */
export function redirectOf(
  location: string,
  base: URL,
  site: URL,
  asked = base,
): Pick<Reply, 'redirect' | 'leads'> {
  const url = URL.parse(location, base.href);
  if (url === null) return { redirect: barePath(location) };
  const path = barePath(url.pathname);
  const there = [base, asked].find(({ host }) => host === url.host);
  if (there === undefined) return { redirect: url.origin + path };
  const prefix = site.pathname.replace(/\/$/, '');
  if (!path.startsWith(`${prefix}/`)) return { redirect: path };
  const redirect = path.slice(prefix.length);
  // A redirect to another scheme is not followed: what is sent over https must not leave it, and http was requested on
  // purpose.
  if (url.protocol !== there.protocol) return { redirect };
  return { redirect, leads: url.pathname.slice(prefix.length) + url.search };
}
