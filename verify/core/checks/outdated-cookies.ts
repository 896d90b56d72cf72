/** Compares the cookies of sessions from before the first fault with the cookies of new sessions. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { stepsOf } from '../result/verdict.ts';
import { apartIn, described } from './cookie-ways.ts';
import type { Violation } from './framework.ts';
import type { SessionAge } from './outdated-pages.ts';

/** Minimum number of sessions in each group, old and new. */
const ENOUGH = 3;
/** Maximum number of different sets of attributes that are kept for one cookie. */
const WAYS = 100;

interface Cookie {
  way: string;
  operation: Operation;
}

/**
 * By name of a session's cookie: the last response that set the cookie; undefined if the client sent this request
 * directly to an instance.
 */
export type SetCookies = Map<string, Cookie | undefined>;

/** One cookie of all sessions of one group, old or new. `alike`: all have the same attributes so far. */
interface Cookies {
  sessions: number;
  example: Cookie;
  alike: boolean;
}

export class OutdatedCookies {
  readonly #sides: Record<SessionAge, Map<string, Cookies>> = { old: new Map(), new: new Map() };
  /** By name and action: the sets of attributes before the first fault. */
  readonly #before = new Map<string, Set<string>>();

  /** Remembers the session cookies that a response sets. @param before true before the first fault */
  set(operation: Operation, held: SetCookies, before: boolean): void {
    for (const { name, change, attributes } of operation.cookies ?? []) {
      if (change !== 'set' || attributes === undefined) continue;
      const way = described(attributes);
      // Responses to direct requests may have other attributes than responses through the balancer.
      held.set(name, operation.direct === true ? undefined : { way, operation });
      if (!before) continue;
      const ways = getOrInsert(this.#before, `${name} ${operation.action}`, () => new Set<string>());
      if (ways.size < WAYS) ways.add(way);
    }
  }

  /** Adds the cookies of a session that has ended. @param side `old` if the session began before the first fault */
  sessionEnded(held: SetCookies, side: SessionAge): void {
    for (const [name, cookie] of held) {
      if (cookie === undefined) continue;
      const all = getOrInsert(this.#sides[side], name, () => ({ sessions: 0, example: cookie, alike: true }));
      all.sessions++;
      if (cookie.way !== all.example.way) all.alike = false;
    }
  }

  differences(): Violation[] {
    return [...this.#sides.old].flatMap(([name, old]) => {
      const [mine, theirs] = [exampleOf(old), exampleOf(this.#sides.new.get(name))];
      if (mine === undefined || theirs === undefined || mine.way === theirs.way) return [];
      // A login may set other attributes than a later request, whether there was a fault or not.
      if (this.#before.get(`${name} ${theirs.operation.action}`)?.has(theirs.way) === true) return [];
      return [
        {
          at: mine.operation,
          summary: `the cookie ${name} of sessions from before the fault differs from that of new sessions: ${apartIn(mine.way, theirs.way)}`,
          witness: stepsOf(
            [mine.operation, `set ${name}: ${mine.way}`],
            [
              theirs.operation,
              `set ${name}: ${theirs.way}`,
              'the attributes that the sessions from before the fault have by now',
            ],
          ),
        },
      ];
    });
  }
}

/** Returns a cookie of a group if enough sessions have it and all have the same attributes. */
const exampleOf = (cookies: Cookies | undefined): Cookie | undefined =>
  cookies?.alike === true && cookies.sessions >= ENOUGH ? cookies.example : undefined;
