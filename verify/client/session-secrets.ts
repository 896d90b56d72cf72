/** Finds the values of session cookies: secrets that no history or report may contain. */
import type { Interpreter } from '../core/response/interpret.ts';
import type { Reply } from '../core/response/reply.ts';
import { Rooms } from './cookie-attributes.ts';
import type { Cookies } from './jar.ts';

type Sent = Cookies['list'];

export class SessionSecrets {
  readonly #interpreter: Pick<Interpreter, 'sessionCookies'>;
  readonly #rooms = new Rooms();
  /** Key: the list of all sent cookies; value: the values of session cookies. */
  #known = new WeakMap<Sent, readonly string[]>();
  #names: readonly string[] = [];

  constructor(interpreter: Pick<Interpreter, 'sessionCookies'>) {
    this.#interpreter = interpreter;
  }

  sent(cookies: Sent): readonly string[] {
    const { sessionCookies } = this.#interpreter;
    if (this.#names !== sessionCookies) {
      this.#names = sessionCookies;
      this.#known = new WeakMap();
    }
    let found = this.#known.get(cookies);
    if (found === undefined) {
      found = this.#valuesOf(cookies);
      this.#known.set(cookies, found);
    }
    return found;
  }

  ofBoth(cookies: Sent, set: Reply['cookies']): readonly string[] {
    const sent = this.sent(cookies);
    if (set.length === 0) return sent;
    const others = this.#valuesOf(set).filter(value => !sent.includes(value));
    return others.length === 0 ? sent : [...sent, ...others];
  }

  #valuesOf(cookies: readonly { name: string; value?: string }[]): string[] {
    const { sessionCookies } = this.#interpreter;
    return cookies.flatMap(({ name, value }) =>
      value !== undefined && sessionCookies.includes(name) ? [value] : [],
    );
  }

  /**
   * Lowers the estimated entropy of a session id after comparison with earlier ids. Does nothing if there are several
   * session cookies, because one may be only a signature.
   */
  narrow(cookies: Reply['cookies']): void {
    const { sessionCookies } = this.#interpreter;
    if (cookies.length === 0 || sessionCookies.length > 1) return;
    const [name] = sessionCookies;
    for (const cookie of cookies) {
      const { attributes, value } = cookie;
      if (cookie.name !== name || attributes === undefined || value === undefined) continue;
      if (attributes.folded === true) continue;
      attributes.bits = Math.min(attributes.bits, this.#rooms.of(name, value));
    }
  }
}
