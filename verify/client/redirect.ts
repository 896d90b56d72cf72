/** Computes where a redirect leads, relative to a target. */
import { barePath } from '../core/response/paths.ts';
import type { Reply } from '../core/response/reply.ts';

/**
 * @param location the header of the response: a relative or absolute address, or another text
 * @param base the address of the request, with the target's own Host
 * @param site the target's address; its path is the prefix of all other paths
 * @param asked the address to which the request was sent: an instance's address if the request bypassed the balancer
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
  // A redirect to another scheme is not followed. A redirect from https to http would send secrets unencrypted. A
  // redirect from http to https would ignore that the user chose http.
  if (url.protocol !== there.protocol) return { redirect };
  return { redirect, leads: url.pathname.slice(prefix.length) + url.search };
}
