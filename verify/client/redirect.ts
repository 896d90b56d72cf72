/** Where a redirect leads, as seen from a target. */
import type { Reply } from '../core/interpret.ts';
import { barePath } from '../core/paths.ts';

/**
 * @param location as the answer has it: relative, absolute, or no address at all
 * @param base the address that was asked, as the target's own Host has it
 * @param site the target's address, whose path comes before all others
 * @param asked the address that the request went to: that of an instance, where it went past the balancer
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
  // To another scheme nobody is sent: what is https must not leave it, and http is what was asked for.
  if (url.protocol !== there.protocol) return { redirect };
  return { redirect, leads: url.pathname.slice(prefix.length) + url.search };
}
