/** Follows which session cookies a client holds. As in browsers, cookies with another domain or path are different. */
import type { CookieChange, Operation } from '../history/history.ts';

/** Maximum bytes of the name and the value of a cookie together. Browsers drop larger cookies (RFC 6265bis, 5.6). */
export const MOST_BYTES = 4096;

/** Returns the first cookie of a response that clients drop because it is too large. */
export const tooLarge = ({ cookies }: Operation): CookieChange | undefined =>
  cookies?.find(({ change, attributes }) => change === 'set' && (attributes?.bytes ?? 0) > MOST_BYTES);

export class SessionJar {
  /** By the key of a cookie (see `keyOf`): the label of its value. */
  readonly #held = new Map<string, string | undefined>();
  /** True if a response has set a session cookie, so that cookies carry the session, and not another header. */
  used = false;

  /** Applies a response's cookie changes. Returns whether it deleted a session cookie and left the jar empty. */
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
        // Without recorded attributes, the deletion applies to all cookies with this name.
        if (change.attributes === undefined) this.#forget(change.name);
        else this.#held.delete(change.name);
      }
    }
    return deleted && this.#held.size === 0;
  }

  #forget(name: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(`${name};`)) this.#held.delete(key);
  }

  /** Returns whether the response sets a session cookie to a value that the jar does not hold. */
  replacedBy({ cookies }: Operation): boolean {
    const held = [...this.#held.values()];
    return cookies?.some(({ change, label }) => change === 'set' && !held.includes(label)) ?? false;
  }
}

/** Returns the key of a cookie: name, domain, path. The default path is the folder of the page (RFC 6265, 5.1.4). */
function keyOf({ name, attributes }: CookieChange, page = '/'): string {
  if (attributes === undefined) return name;
  const path = attributes.path ?? (page.slice(0, page.lastIndexOf('/')) || '/');
  return `${name};${attributes.domain ?? ''};${path}`;
}
