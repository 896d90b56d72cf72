/** Decides whether a response is explicitly fresh for a shared cache (RFC 9111, 4.2.1 and 5.2.2). */
import type { Caching } from '../history/history.ts';

export interface Freshness {
  /** The directive or header that makes the response fresh, as sent; absent if the response is not fresh. */
  because?: string;
  /** True if the response has no directive for caches. */
  silent?: true;
  /** True if a cache must revalidate the response or keep it apart for each cookie. Then a cache hit is no leak. */
  keptApart?: true;
}

/** Returns the value of each directive by its lower-case name; an empty text if the directive has no value. */
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

/** Maximum number of header values whose parsed form is kept. */
const KNOWN = 1000;

/** Parses caching headers. Keeps the parsed forms, because apps send only few different headers. */
export class CacheReader {
  readonly #known = new Map<string, ReadonlyMap<string, string>>();

  #directives(control: string): ReadonlyMap<string, string> {
    let directives = this.#known.get(control);
    if (directives === undefined) {
      directives = directivesOf(control);
      if (this.#known.size >= KNOWN) this.#known.clear();
      this.#known.set(control, directives);
    }
    return directives;
  }

  /**
   * Returns whether a response is fresh for a shared cache, and why.
   *
   * @param cookieOnly true if only the cookie in the response is private; then `no-cache="Set-Cookie"` protects it
   */
  read({ control, expires, vary }: Caching, cookieOnly: boolean): Freshness {
    const directives = this.#directives(control ?? '');
    if (directives.has('no-store') || forbids(directives, 'private', cookieOnly)) return STALE;
    if (forbids(directives, 'no-cache', cookieOnly)) return APART;
    if (vary !== undefined && /(^|[\s,])(cookie|\*)($|[\s,])/i.test(vary)) return APART;
    // For a shared cache, s-maxage overrides max-age, and max-age overrides Expires.
    for (const name of ['s-maxage', 'max-age']) {
      const age = directives.get(name);
      if (age !== undefined) return Number(age) > 0 ? { because: `${name}=${age}` } : STALE;
    }
    if (expires !== undefined) return expires > 0 ? { because: `Expires in ${expires} s` } : STALE;
    if (directives.has('public')) return { because: 'public' };
    return directives.size === 0 ? SILENT : STALE;
  }
}

/** Returns whether a directive such as `private` applies to the whole response, or to the header fields that matter. */
function forbids(directives: ReadonlyMap<string, string>, name: string, cookieOnly: boolean): boolean {
  const fields = directives.get(name);
  return fields === '' || (cookieOnly && fields !== undefined && /\bset-cookie\b/i.test(fields));
}

const APART: Freshness = { keptApart: true };
const SILENT: Freshness = { silent: true };
/** The result for a response that is not explicitly fresh. */
const STALE: Freshness = {};
