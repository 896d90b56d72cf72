/**
 * Compares the sessions from before the first fault with those that began after it. A release must serve both alike:
 * the same responses to the same pages, and cookies with the same attributes. It must accept the forms on its
 * predecessor's pages.
 */
import type { FaultLedger } from '../faults/ledger.ts';
import { getOrInsert } from '../get-or-insert.ts';
import { isSafe } from '../history/actions.ts';
import type { Operation } from '../history/history.ts';
import { fisherP } from '../result/statistics.ts';
import { honoured, type SessionState } from '../timeline/sessions.ts';
import { apartIn, described } from './cookie-ways.ts';
import type { Violation } from './framework.ts';
import { kindOf } from './refusals.ts';

/** Minimum number of sessions on each side, and of refused forms, for a violation. */
const ENOUGH = 3;
/** The p-value below which a difference of responses is significant. It is divided by the number of tests. */
const SIGNIFICANT = 1e-6;
/** Minimum difference of the shares of a kind of response. */
const APART = 0.25;
/** Maximum number of pages that are compared. */
const PAGES = 200;

/** `old`: the session began before the first fault. `new`: after a fault, and during none. */
type Side = 'old' | 'new';

/** The responses to one kind of request. */
interface Answers {
  requests: number;
  kinds: Map<string, { times: number; example: Operation; login: Operation }>;
}

interface Cookie {
  name: string;
  way: string;
  operation: Operation;
}

interface Seen {
  side: Side | undefined;
  /** The last page, which has the form that the client sends next. */
  page?: Operation | undefined;
  /** By name: the response that set the cookie last. Undefined if an instance was addressed directly. */
  cookies: Map<string, Cookie | undefined>;
  /** The form from before the first fault that was refused, until a later write of the session is accepted. */
  refused?: { page: Operation; operation: Operation };
  /** True if the session was honoured after a fault. */
  served: boolean;
}

export class OutdatedSessions {
  readonly #faults: FaultLedger;
  readonly #sessions = new Map<SessionState, Seen>();
  readonly #pages = new Map<string, Record<Side, Answers>>();
  /** By side, then by name of the cookie and its attributes. */
  readonly #ways: Record<Side, Map<string, Map<string, Cookie[]>>> = { old: new Map(), new: new Map() };
  #accepted = 0;
  readonly #refused: { page: Operation; operation: Operation; after: Operation }[] = [];
  /** Number of sessions from before the first fault that were honoured after it. */
  sessions = 0;

  constructor(faults: FaultLedger) {
    this.#faults = faults;
  }

  /** Number of forms from before the first fault that were sent after it. */
  get forms(): number {
    return this.#accepted + this.#refused.length;
  }

  ended(operation: Operation, session: SessionState, live: boolean): void {
    if (session.login === undefined || operation.with !== undefined) return;
    const { login } = session;
    const seen = getOrInsert<SessionState, Seen>(this.#sessions, session, () => ({
      ...{ side: this.#sideOf(login), cookies: new Map(), served: false },
    }));
    setCookies(seen, operation);
    if (!live) return;
    if (this.#isAfter(operation) && seen.side !== undefined) this.#after(operation, session, seen, seen.side);
    if (operation.action === 'read' && operation.status === 200) seen.page = operation;
  }

  #sideOf(login: Operation): Side | undefined {
    if (this.#isBefore(login)) return 'old';
    return this.#isAfter(login) ? 'new' : undefined;
  }

  /** Returns whether an operation was called after a fault, and during none. */
  #isAfter({ call }: Operation): boolean {
    const { windows, open } = this.#faults;
    return windows.length > 0 && open === 0 && windows.every(({ end = call }) => end < call);
  }

  #isBefore({ call, return: end = call }: Operation): boolean {
    const [first] = this.#faults.windows;
    return first === undefined || end < first.begin;
  }

  #after(operation: Operation, session: SessionState, seen: Seen, side: Side): void {
    if (honoured(operation) === true && !seen.served) {
      seen.served = true;
      if (side === 'old') this.sessions++;
    }
    if (isSafe(operation.action)) this.#read(operation, session.login as Operation, side);
    else if (side === 'old') this.#wrote(operation, seen);
  }

  #read(operation: Operation, login: Operation, side: Side): void {
    const { action, path = '', signedIn, status = 0, note = '' } = operation;
    if (signedIn === 'out') return;
    const key = `${action} ${path}`;
    if (!this.#pages.has(key) && this.#pages.size >= PAGES) return;
    const page = getOrInsert(this.#pages, key, () => ({ old: answers(), new: answers() }))[side];
    const kind = status >= 300 && status < 400 ? note : kindOf(operation);
    if (kind === undefined && operation.outcome !== 'ok') return;
    page.requests++;
    if (kind === undefined) return;
    getOrInsert(page.kinds, kind, () => ({ times: 0, example: operation, login })).times++;
  }

  #wrote(operation: Operation, seen: Seen): void {
    const { page, refused } = seen;
    if (operation.outcome === 'ok') {
      if (refused !== undefined) this.#refused.push({ ...refused, after: operation });
      else if (page !== undefined && this.#isBefore(page)) this.#accepted++;
      delete seen.refused;
      delete seen.page;
    } else if (page !== undefined && this.#isBefore(page)) {
      const kind = kindOf(operation);
      if (kind !== undefined && kind !== 'signed out') seen.refused ??= { page, operation };
    }
  }

  sessionEnded(session: SessionState): void {
    const seen = this.#sessions.get(session);
    this.#sessions.delete(session);
    if (seen?.side === undefined || !seen.served) return;
    for (const cookie of seen.cookies.values()) {
      if (cookie === undefined) continue;
      const ways = getOrInsert(this.#ways[seen.side], cookie.name, () => new Map<string, Cookie[]>());
      getOrInsert(ways, cookie.way, () => []).push(cookie);
    }
  }

  differences(): Violation[] {
    return [...this.#differentForms(), ...this.#differentCookies(), ...this.#differentPages()];
  }

  #differentForms(): Violation[] {
    const [first] = this.#refused;
    if (first === undefined || this.#refused.length < ENOUGH || this.#refused.length <= this.#accepted)
      return [];
    const { page, operation, after } = first;
    const kind = kindOf(operation) ?? '';
    return [
      {
        at: operation,
        summary: `forms from before the fault get ${kind} after it, in ${this.#refused.length} of ${this.forms} sessions`,
        witness: [
          { operation: page, came: 'a page with a form' },
          { operation, expected: 'success: the session lives, and its form was correct', came: kind },
          { operation: after, came: 'success, with the form of a newer page' },
        ],
      },
    ];
  }

  #differentCookies(): Violation[] {
    return [...this.#ways.old].flatMap(([name, old]) => {
      const [mine, theirs] = [only(old), only(this.#ways.new.get(name))];
      if (mine === undefined || theirs === undefined || mine.way === theirs.way) return [];
      return [
        {
          at: mine.operation,
          summary: `the cookie ${name} of sessions from before the fault differs from that of new sessions: ${apartIn(mine.way, theirs.way)}`,
          witness: [
            { operation: mine.operation, came: `set ${name}: ${mine.way}` },
            {
              operation: theirs.operation,
              expected: 'the attributes that the sessions from before the fault have by now',
              came: `set ${name}: ${theirs.way}`,
            },
          ],
        },
      ];
    });
  }

  #differentPages(): Violation[] {
    return [...this.#pages].flatMap(([key, sides]) => {
      const kinds = new Set([...sides.old.kinds.keys(), ...sides.new.kinds.keys()]);
      const tests = this.#pages.size * kinds.size;
      const differ = [...kinds].find(
        kind => moreOften(kind, sides.old, sides.new, tests) || moreOften(kind, sides.new, sides.old, tests),
      );
      return differ === undefined ? [] : [pageDiffers(key, differ, sides)];
    });
  }
}

const timesOf = (kind: string, { kinds }: Answers): number => kinds.get(kind)?.times ?? 0;

/** Returns whether one side gets a kind of response more often than chance explains. */
function moreOften(kind: string, one: Answers, other: Answers, tests: number): boolean {
  if (one.requests === 0 || other.requests === 0) return false;
  const [times, others] = [timesOf(kind, one), timesOf(kind, other)];
  if (times / one.requests - others / other.requests < APART) return false;
  return fisherP(times, one.requests, others, other.requests) < SIGNIFICANT / tests;
}

const answers = (): Answers => ({ requests: 0, kinds: new Map() });

/** Remembers the session cookies that a response sets. A direct address may get other attributes than the balancer. */
function setCookies({ cookies: held }: Seen, operation: Operation): void {
  for (const { name, change, attributes } of operation.cookies ?? []) {
    if (change !== 'set' || attributes === undefined) continue;
    const cookie = { name, way: described(attributes), operation };
    held.set(name, operation.direct === true ? undefined : cookie);
  }
}

/** Returns the cookie of a side if enough sessions have it and all have the same attributes. */
function only(ways: ReadonlyMap<string, Cookie[]> | undefined): Cookie | undefined {
  const [cookies = [], ...more] = ways?.values() ?? [];
  return more.length === 0 && cookies.length >= ENOUGH ? cookies[0] : undefined;
}

function pageDiffers(key: string, kind: string, sides: Record<Side, Answers>): Violation {
  const of = (side: Side): string => `${timesOf(kind, sides[side])} of ${sides[side].requests}`;
  const found = sides.old.kinds.get(kind) ?? sides.new.kinds.get(kind);
  if (found === undefined) throw new Error('a kind of response without an example');
  const oldest = sides.old.kinds.get(kind) === found ? 'before' : 'after';
  return {
    at: found.example,
    summary: `after the fault, ${key} gets ${kind} in sessions from before it ${of('old')} times, in new ones ${of('new')} times`,
    witness: [
      { operation: found.login, came: `a session from ${oldest} the fault` },
      { operation: found.example, expected: 'the response to other sessions', came: kind },
    ],
  };
}
