/** Decides whether a shared cache may reuse a response: only if it is explicitly fresh (RFC 9111, 4.2.1, 5.2.2). */
import { getOrInsert } from '../get-or-insert.ts';
import type { Caching } from '../history/history.ts';

export interface Freshness {
  /** The directive or header that allows a shared cache to reuse the response, such as `max-age=60`. */
  because?: string;
  silent?: true;
  /** True if a cache must ask the app again, or must keep a separate response for each cookie. */
  keptApart?: true;
}

function directivesOf(control: string): Map<string, string> {
  const directives = new Map<string, string>();
  // A quoted value may contain commas: no-cache="set-cookie, x".
  for (const [, name = '', quoted, plain] of control.matchAll(
    /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g,
  )) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted ?? plain ?? '');
  }
  return directives;
}

const KNOWN = 1000;
/** Caches the parsed Cache-Control headers. An app sends only few different ones. */
const known = new Map<string, ReadonlyMap<string, string>>();

/** @param cookieOnly true if only the cookie must not be shared; then `no-cache="Set-Cookie"` is sufficient */
export function freshnessOf({ control = '', expires, vary }: Caching, cookieOnly: boolean): Freshness {
  if (known.size >= KNOWN) known.clear();
  const directives = getOrInsert(known, control, () => directivesOf(control));
  if (directives.has('no-store') || forbids(directives, 'private', cookieOnly)) return {};
  if (forbids(directives, 'no-cache', cookieOnly)) return { keptApart: true };
  if (vary !== undefined && /(^|[\s,])(cookie|\*)($|[\s,])/i.test(vary)) return { keptApart: true };
  // For a shared cache, s-maxage overrides max-age, and max-age overrides Expires.
  for (const name of ['s-maxage', 'max-age']) {
    const age = directives.get(name);
    if (age !== undefined) return Number(age) > 0 ? { because: `${name}=${age}` } : {};
  }
  if (expires !== undefined) return expires > 0 ? { because: `Expires in ${expires} s` } : {};
  if (directives.has('public')) return { because: 'public' };
  return directives.size === 0 ? { silent: true } : {};
}

function forbids(directives: ReadonlyMap<string, string>, name: string, cookieOnly: boolean): boolean {
  const fields = directives.get(name);
  return fields === '' || (cookieOnly && fields !== undefined && /\bset-cookie\b/i.test(fields));
}
