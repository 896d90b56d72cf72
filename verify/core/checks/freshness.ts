/**
 * Decides whether a response is explicitly fresh for a shared cache, so that the cache may use it again (RFC
 * 9111, 4.2.1 and 5.2.2).
 */
import type { Caching } from '../history/history.ts';

export interface Freshness {
  /**
   * The directive or header that lets a shared cache use the response again, such as `max-age=60`; absent if none does.
   */
  because?: string;
  /** True if the response has no directive for caches. */
  silent?: true;
  /** True if a cache must ask the app again, or store one response for each cookie. Then a cache hit leaks nothing. */
  keptApart?: true;
}

/** Returns the directives of Cache-Control by lower-case name. A directive without a value has an empty text. */
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

/** Maximum number of Cache-Control values whose parsed form is kept. */
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
   * Returns whether the headers of a response let a shared cache use it again, and which header does.
   *
   * @param cookieOnly true if only the cookie in the response is private, not its body. Then
   * `no-cache="Set-Cookie"` is enough to protect it
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

/**
 * Returns whether a directive such as `private` protects the response. `private="Set-Cookie"` protects only its cookie.
 */
function forbids(directives: ReadonlyMap<string, string>, name: string, cookieOnly: boolean): boolean {
  const fields = directives.get(name);
  return fields === '' || (cookieOnly && fields !== undefined && /\bset-cookie\b/i.test(fields));
}

const APART: Freshness = { keptApart: true };
const SILENT: Freshness = { silent: true };
/** The result for a response that no header lets a shared cache use again. */
const STALE: Freshness = {};
