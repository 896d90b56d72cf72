/** Resolves redirects to a path of the target, or to another host. */
import { barePath } from '../core/response/paths.ts';
import type { Reply } from '../core/response/reply.ts';

type Redirect = Pick<Reply, 'redirect' | 'leads'>;

/** A path of the target, with its last redirect. */
export interface Redirecting {
  origin: string;
  /** The complete address, with the host of the target's Host header. It decides which cookies are sent. */
  site: URL;
  last?: { location: string; redirect: Redirect };
}

/**
 * Returns where a redirect leads. Resolves the same redirect of a path only once, because most responses to a form
 * redirect to the same page.
 *
 * @param site the target's address, whose path is a prefix of all paths
 * @param asked origin and path to which the request was sent, such as those of an instance
 */
export function redirectFrom(
  from: Redirecting,
  location: string,
  site: URL,
  asked: { origin: string; path: string },
): Redirect {
  const address = (): URL => new URL(asked.origin + asked.path);
  if (asked.origin !== from.origin) return redirectOf(location, from.site, site, address());
  if (from.last?.location !== location)
    from.last = { location, redirect: redirectOf(location, from.site, site, address()) };
  return from.last.redirect;
}

/**
 * Returns where a redirect leads.
 *
 * @param base address of the request, with the host of the target's Host header
 * @param site the target's address, whose path is a prefix of all paths
 * @param asked address to which the request was sent, such as that of an instance
 */
export function redirectOf(location: string, base: URL, site: URL, asked = base): Redirect {
  const url = URL.parse(location, base.href);
  if (url === null) return { redirect: barePath(location) };
  const path = barePath(url.pathname);
  const there = [base, asked].find(({ host }) => host === url.host);
  if (there === undefined) return { redirect: url.origin + path };
  const prefix = site.pathname.replace(/\/$/, '');
  if (!path.startsWith(`${prefix}/`)) return { redirect: path };
  const redirect = path.slice(prefix.length);
  // A redirect to another scheme is not followed: http would send cookies unencrypted, and https is not the scheme that
  // the user has chosen.
  if (url.protocol !== there.protocol) return { redirect };
  return { redirect, leads: url.pathname.slice(prefix.length) + url.search };
}
