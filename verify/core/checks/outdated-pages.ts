/** Compares, for each page, the responses to old sessions (begun before the first fault) and to new sessions. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { fisherP } from '../result/statistics.ts';
import { type Violation, violation } from './framework.ts';
import { kindOf } from './refusals.ts';

/** p-value below which a difference is a violation, before division by the number of tests. */
const SIGNIFICANT = 1e-4;
const APART = 0.25;
const PAGES = 200;
/** Maximum number of kinds of responses of a page. Redirects with ids in their paths can make many kinds. */
const KINDS = 20;

/** `old`: begun before the first fault. `new`: begun after a fault, while no fault was in progress. */
export type SessionAge = 'old' | 'new';

/** The responses of one page to one session. Key: a status, or the target of a redirect. */
interface Responses {
  requests: number;
  kinds: Map<string, { times: number; example: Operation }>;
}

export type PagesOfSession = Map<string, Responses>;

interface Sessions {
  sessions: number;
  kinds: Map<string, { sessions: number; example: Operation; login: Operation }>;
}

export class OutdatedPages {
  readonly #pages = new Map<string, Record<SessionAge, Sessions>>();

  add(operation: Operation, pages: PagesOfSession): void {
    const { action, path = '', signedIn, status = 0, note = '', outcome } = operation;
    if (signedIn === 'out') return;
    const kind = status >= 300 && status < 400 ? note : kindOf(operation);
    if (kind === undefined && outcome !== 'ok') return;
    const key = `${action} ${path}`;
    if (!pages.has(key) && pages.size >= PAGES) return;
    const page = getOrInsert(pages, key, () => ({ requests: 0, kinds: new Map() }));
    page.requests++;
    if (kind !== undefined && (page.kinds.size < KINDS || page.kinds.has(kind)))
      getOrInsert(page.kinds, kind, () => ({ times: 0, example: operation })).times++;
  }

  sessionEnded(pages: PagesOfSession, login: Operation, side: SessionAge): void {
    for (const [key, { requests, kinds }] of pages) {
      if (!this.#pages.has(key) && this.#pages.size >= PAGES) continue;
      const page = getOrInsert(this.#pages, key, () => ({ old: noSessions(), new: noSessions() }))[side];
      page.sessions++;
      for (const [kind, { times, example }] of kinds) {
        if (times * 2 <= requests || (page.kinds.size >= KINDS && !page.kinds.has(kind))) continue;
        getOrInsert(page.kinds, kind, () => ({ sessions: 0, example, login })).sessions++;
      }
    }
  }

  differences(): Violation[] {
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

const noSessions = (): Sessions => ({ sessions: 0, kinds: new Map() });

const timesOf = (kind: string, { kinds }: Sessions): number => kinds.get(kind)?.sessions ?? 0;

function moreOften(kind: string, one: Sessions, other: Sessions, tests: number): boolean {
  if (one.sessions === 0 || other.sessions === 0) return false;
  const [times, others] = [timesOf(kind, one), timesOf(kind, other)];
  if (times / one.sessions - others / other.sessions < APART) return false;
  return fisherP(times, one.sessions, others, other.sessions) < SIGNIFICANT / tests;
}

function pageDiffers(key: string, kind: string, sides: Record<SessionAge, Sessions>): Violation {
  const of = (side: SessionAge): string => `${timesOf(kind, sides[side])} of ${sides[side].sessions}`;
  const found = sides.old.kinds.get(kind) ?? sides.new.kinds.get(kind);
  if (found === undefined)
    throw new Error(`expected an example of the response ${kind} to ${key}, found none`);
  const oldest = sides.old.kinds.get(kind) === found ? 'before' : 'after';
  return violation(
    `after the fault, ${key} gets ${kind} in ${of('old')} sessions from before it, and in ${of('new')} new ones`,
    [found.login, `a session from ${oldest} the fault`],
    [found.example, kind, 'the response to other sessions'],
  );
}
