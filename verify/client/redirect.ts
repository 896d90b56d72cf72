/** Where a redirect leads, as seen from a target. */
import type { Reply } from '../core/interpret.ts';
import { barePath } from '../core/paths.ts';

/**
 * @param location as the answer has it: relative, absolute, or no address at all
 * @param base the address that was asked, as the target's own Host has it
 * @param site the target's address, whose path comes before all others
 */
export function redirectOf(location: string, base: URL, site: URL): Pick<Reply, 'redirect' | 'leads'> {
  const url = URL.parse(location, base.href);
  if (url === null) return { redirect: barePath(location) };
  const path = barePath(url.pathname);
  if (url.host !== base.host) return { redirect: url.origin + path };
  const prefix = site.pathname.replace(/\/$/, '');
  if (!path.startsWith(`${prefix}/`)) return { redirect: path };
  const redirect = path.slice(prefix.length);
  // To another scheme nobody is sent: what is https must not leave it, and http is what was asked for.
  if (url.protocol !== base.protocol) return { redirect };
  return { redirect, leads: url.pathname.slice(prefix.length) + url.search };
}
