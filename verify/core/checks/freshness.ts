/** Whether a response is explicitly fresh for a shared cache (RFC 9111, 4.2.1 and 5.2.2). */
import type { Caching } from '../history.ts';

export interface Freshness {
  /** What makes it fresh, as sent; absent when nothing does. */
  because?: string;
  /** It says nothing about caching at all. */
  silent?: true;
  /** A shared cache may keep it, but must ask first or keep it apart for each cookie: then a hit is no leak. */
  keptApart?: true;
}

/** Directives by name in small letters; those without a value have an empty one. */
function directivesOf(control: string): Map<string, string> {
  const directives = new Map<string, string>();
  // A value in quotes may hold commas: no-cache="set-cookie, x".
  for (const [, name = '', quoted, plain] of control.matchAll(
    /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g,
  )) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted ?? plain ?? '');
  }
  return directives;
}

const KNOWN = 1000;

/** Reads caching headers. Apps send few different ones, over and over: each is parsed once. */
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
   * @param cookieOnly nothing is private in it but the cookie that it sets, so that a directive which names that
   *   header alone (`no-cache="Set-Cookie"`) protects it
   */
  read({ control, expires, vary }: Caching, cookieOnly: boolean): Freshness {
    const directives = this.#directives(control ?? '');
    if (directives.has('no-store') || forbids(directives, 'private', cookieOnly)) return STALE;
    if (forbids(directives, 'no-cache', cookieOnly)) return APART;
    if (vary !== undefined && /(^|[\s,])(cookie|\*)($|[\s,])/i.test(vary)) return APART;
    // The first of these that is there decides, for a shared cache.
    for (const name of ['s-maxage', 'max-age']) {
      const age = directives.get(name);
      if (age !== undefined) return Number(age) > 0 ? { because: `${name}=${age}` } : STALE;
    }
    if (expires !== undefined) return expires > 0 ? { because: `Expires in ${expires} s` } : STALE;
    if (directives.has('public')) return { because: 'public' };
    return directives.size === 0 ? SILENT : STALE;
  }
}

/** With a list of fields a directive is about those only. */
function forbids(directives: ReadonlyMap<string, string>, name: string, cookieOnly: boolean): boolean {
  const fields = directives.get(name);
  return fields === '' || (cookieOnly && fields !== undefined && /\bset-cookie\b/i.test(fields));
}

const APART: Freshness = { keptApart: true };
const SILENT: Freshness = { silent: true };
/** Nothing makes it fresh: a cache must not keep it, must ask first, or may guess. */
const STALE: Freshness = {};
