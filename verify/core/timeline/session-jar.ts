/** Tracks which session cookies, each with a name, Domain and Path, a client holds. */
import type { CookieChange, Operation } from '../history/history.ts';

/** Maximum size of a cookie's name and value together, in bytes. Browsers drop larger cookies (RFC 6265bis, 5.6). */
export const MOST_BYTES = 4096;

export const tooLarge = ({ cookies }: Operation): CookieChange | undefined =>
  cookies?.find(({ change, attributes }) => change === 'set' && (attributes?.bytes ?? 0) > MOST_BYTES);

export class SessionJar {
  /** Cookies that the client holds. Key: name, Domain and Path; value: the label of the cookie's value. */
  readonly #held = new Map<string, string | undefined>();
  /** True if a response has set a session cookie. Otherwise a request header may carry the session. */
  used = false;

  /** Returns true if the response deleted the client's last session cookie. */
  take(operation: Operation): boolean {
    let deleted = false;
    for (const change of operation.cookies ?? []) {
      const key = keyOf(change, operation.path);
      if (change.change === 'set') {
        this.used = true;
        this.#held.set(key, change.label);
      } else {
        deleted = true;
        this.#held.delete(key);
        // A deletion without recorded attributes deletes all cookies with its name.
        if (change.attributes === undefined) this.#forget(change.name);
        else this.#held.delete(change.name);
      }
    }
    return deleted && this.#held.size === 0;
  }

  #forget(name: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(`${name};`)) this.#held.delete(key);
  }

  /** Returns whether a response sets a session cookie to a value that the client does not hold. */
  replacedBy({ cookies = [] }: Operation): boolean {
    const held = [...this.#held.values()];
    return cookies.some(({ change, label }) => change === 'set' && !held.includes(label));
  }
}

/** Returns the default Path of a cookie: the path of the request up to its last slash (RFC 6265, 5.1.4). */
export const defaultPath = (path = ''): string => path.slice(0, path.lastIndexOf('/')) || '/';

function keyOf({ name, attributes }: CookieChange, page: string | undefined): string {
  if (attributes === undefined) return name;
  return `${name};${attributes.domain ?? ''};${attributes.path ?? defaultPath(page)}`;
}
