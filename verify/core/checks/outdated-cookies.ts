/** Compares the cookies of old sessions (begun before the first fault) with the cookies of sessions begun later. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { apartIn, described } from './cookie-differences.ts';
import { type Violation, violation } from './framework.ts';
import type { SessionAge } from './outdated-pages.ts';

const ENOUGH = 3;
const VARIANTS = 100;

interface Cookie {
  variant: string;
  operation: Operation;
}

/** Key: a cookie's name; value: the last set cookie, or undefined if its response bypassed the balancer. */
export type SetCookies = Map<string, Cookie | undefined>;

/** `alike`: true if all counted sessions have the cookie with the same attributes. */
interface Cookies {
  sessions: number;
  example: Cookie;
  alike: boolean;
}

export class OutdatedCookies {
  readonly #sides: Record<SessionAge, Map<string, Cookies>> = { old: new Map(), new: new Map() };
  /** Key: a cookie's name and the action that set it; value: its attributes before the first fault. */
  readonly #before = new Map<string, Set<string>>();

  set(operation: Operation, held: SetCookies, before: boolean): void {
    for (const { name, change, attributes } of operation.cookies ?? []) {
      if (change !== 'set' || attributes === undefined) continue;
      const variant = described(attributes);
      // Direct requests bypass a proxy that may change the attributes.
      held.set(name, operation.direct === true ? undefined : { variant, operation });
      if (!before) continue;
      const variants = getOrInsert(this.#before, `${name} ${operation.action}`, () => new Set<string>());
      if (variants.size < VARIANTS) variants.add(variant);
    }
  }

  sessionEnded(held: SetCookies, side: SessionAge): void {
    for (const [name, cookie] of held) {
      if (cookie === undefined) continue;
      const all = getOrInsert(this.#sides[side], name, () => ({ sessions: 0, example: cookie, alike: true }));
      all.sessions++;
      if (cookie.variant !== all.example.variant) all.alike = false;
    }
  }

  differences(): Violation[] {
    return [...this.#sides.old].flatMap(([name, old]) => {
      const [mine, theirs] = [exampleOf(old), exampleOf(this.#sides.new.get(name))];
      if (mine === undefined || theirs === undefined || mine.variant === theirs.variant) return [];
      if (this.#before.get(`${name} ${theirs.operation.action}`)?.has(theirs.variant) === true) return [];
      const expected = 'the same attributes as cookies of sessions from before the fault';
      const difference = violation(
        `the cookie ${name} of sessions from before the fault differs from that of new sessions: ${apartIn(mine.variant, theirs.variant)}`,
        [mine.operation, `set ${name}: ${mine.variant}`],
        [theirs.operation, `set ${name}: ${theirs.variant}`, expected],
      );
      return [{ ...difference, at: mine.operation }];
    });
  }
}

const exampleOf = (cookies: Cookies | undefined): Cookie | undefined =>
  cookies?.alike === true && cookies.sessions >= ENOUGH ? cookies.example : undefined;
