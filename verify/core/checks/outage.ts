/** Checks outage: while the store is down, no session is signed out and no request hangs. Sessions live afterwards. */
import { type FaultWindow, overlaps, titleOf, tookEffect } from '../faults/window.ts';
import type { Event, Operation } from '../history/history.ts';
import { counted, grouped, seconds } from '../result/format.ts';
import { deletedCookie, honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import { type Conclusion, ENOUGH_HANDOFFS } from './check.ts';
import { atMost, check, few, Judging, KEPT, type Violation } from './framework.ts';
import { naming, starved } from './trouble.ts';

/** Minimum number of sessions that sent a request after the store was back. */
const RECOVERED = 3;

interface Requests {
  outages: number;
  /** Number of outages that took effect. Only these are counted below. */
  effective: number;
  /** Number of requests of live sessions that overlapped an outage. */
  requests: number;
  /** Number of sessions with such a request that were still alive after the outage. */
  recovered: number;
  /** Number of late responses while the machine that runs Baton was starved. */
  starved: number;
}

/** An outage and its findings. They count once the outage is known to have taken effect. */
class Down {
  readonly window: FaultWindow;
  requests = 0;
  recovered = 0;
  starved = 0;
  /** Live sessions with a request during the outage and none after it. */
  readonly sessions = new Set<SessionState>();
  /** By name: the violations that wait until the outage is known to have taken effect. Only the first are kept. */
  waiting: Record<'LOGOUT' | 'HANG', { found: number; kept: Violation[] }>;

  constructor(window: FaultWindow) {
    this.window = window;
    this.waiting = { LOGOUT: { found: 0, kept: [] }, HANG: { found: 0, kept: [] } };
  }
}

class Outage extends Judging<Requests> {
  readonly #deadline = this.run.declared?.deadline ?? Number.POSITIVE_INFINITY;
  readonly #downs: Down[] = [];

  override event(event: Event): void {
    if (event.type !== 'fault') return;
    const window = this.faults.windows.findLast(({ id }) => id === event.id);
    if (window?.down !== true) return;
    const down = this.#downs.find(known => known.window === window);
    if (down === undefined) this.#downs.push(new Down(window));
    else if (window.bit === true) this.#release(down);
  }

  /** Reports the violations that were found so far. */
  #release({ waiting }: Down): void {
    for (const name of ['LOGOUT', 'HANG'] as const) {
      const { found, kept } = waiting[name];
      for (const violation of kept) this.show(() => violation, name);
      this.count.violations += found;
      waiting[name] = { found: 0, kept: [] };
    }
  }

  #found({ window, waiting }: Down, name: 'LOGOUT' | 'HANG', make: () => Violation): void {
    if (window.bit === true) this.report(make, name);
    else if (waiting[name].found++ < KEPT) waiting[name].kept.push(make());
  }

  override ended(operation: Operation, { session, live }: Standing): void {
    for (const down of this.#downs) {
      if (overlaps(down.window, operation)) this.#during(operation, session, live, down);
      else if (down.sessions.size > 0 && live) this.#afterwards(operation, session, down);
    }
  }

  #during(operation: Operation, session: SessionState, live: boolean, down: Down): void {
    this.#timed(operation, down);
    if (!live) return;
    down.requests++;
    if (session.lost !== operation) {
      down.sessions.add(session);
      return;
    }
    down.sessions.delete(session);
    const came =
      honoured(operation) === false
        ? 'signed out'
        : `${operation.status ?? 'no response'}, and deleted the cookie`;
    const what =
      deletedCookie(operation) === undefined
        ? 'signed a live session out'
        : 'deleted the cookie of a live session';
    const summary = `${operation.instance ?? 'the app'} ${what} while the store was down (${titleOf(down.window)})`;
    this.#found(down, 'LOGOUT', () => signedOut(operation, session, summary, came));
  }

  /** Judges how long a request took. Ignores a request that the run aborted, or whose end is not known. */
  #timed(operation: Operation, down: Down): void {
    const { call, return: end, note } = operation;
    if (end === undefined || note === 'aborted') return;
    const waited = end - Math.max(call, down.window.begin);
    if (waited <= this.#deadline) return;
    if (operation.starved === true) down.starved++;
    else this.#found(down, 'HANG', () => hung(operation, waited, this.#deadline, down.window));
  }

  #afterwards(operation: Operation, session: SessionState, down: Down): void {
    const lost = session.lost === operation;
    if (honoured(operation) === undefined && !lost) return;
    if (!down.sessions.delete(session)) return;
    if (!lost) down.recovered++;
    else {
      const summary = `a session that lived before the store was down (${titleOf(down.window)}) is signed out afterwards`;
      this.#found(down, 'LOGOUT', () => signedOut(operation, session, summary, 'signed out'));
    }
  }

  override sessionEnded(session: SessionState): void {
    for (const down of this.#downs) down.sessions.delete(session);
  }

  override recount(): void {
    const effective = this.#downs.filter(({ window }) => tookEffect(window));
    const sum = (of: (down: Down) => number): number => effective.reduce((all, down) => all + of(down), 0);
    Object.assign(this.count, {
      ...{ outages: this.#downs.length, effective: effective.length, requests: sum(down => down.requests) },
      ...{ recovered: sum(down => down.recovered), starved: sum(down => down.starved) },
    });
  }

  override settle(): void {
    for (const down of this.#downs) if (tookEffect(down.window)) this.#release(down);
  }

  override conclusion(fromCounts: Conclusion): Conclusion {
    return naming(
      this.#downs.map(({ window }) => window),
      fromCounts,
    );
  }
}

function hung(operation: Operation, waited: number, deadline: number, window: FaultWindow): Violation {
  const came = `${operation.status ?? operation.note ?? 'no response'} after ${seconds(waited, 1)}`;
  return {
    at: operation,
    summary: `a request hung for ${seconds(waited, 1)} while the store was down (${titleOf(window)})`,
    witness: [{ operation, expected: `any response within ${seconds(deadline, 1)}`, came }],
  };
}

function signedOut(
  operation: Operation,
  { login, last = login }: SessionState,
  summary: string,
  came: string,
): Violation {
  const expected = `signed in as ${operation.user}, or an error with the cookie untouched`;
  const before = last === undefined ? [] : [{ operation: last, came: 'the session lived' }];
  return { at: operation, summary, witness: [...before, { operation, expected, came }] };
}

export const outage = check<Requests>({
  guarantee: 'outage',
  assumes:
    'the store answers no request from the begin of the window to its end; faults are timed by the run’s clock; ' +
    'requests that the machine of the run had no time for are marked as starved',
  minimum:
    `a declared deadline, ${ENOUGH_HANDOFFS} requests of live sessions while the store was seen to be down, and ` +
    `${RECOVERED} of those sessions with a request afterwards`,
  judge: Outage,
  counts: () => ({ outages: 0, effective: 0, requests: 0, recovered: 0, starved: 0 }),
  compared: ({ requests }) => requests,
  missing(count, { declared }) {
    if (count.outages === 0) return 'the store was never down: run with a fault that stops it';
    if (count.effective < count.outages) return 'an outage was not seen to take effect';
    if (declared?.deadline === undefined)
      return 'no deadline is declared, so no request can be too late: set `deadline` in the target file';
    if (count.starved > 0) return starved(count.starved);
    return (
      few(count.requests, ENOUGH_HANDOFFS, 'request', ' of live sessions while the store was down') ??
      few(count.recovered, RECOVERED, 'session', ' with a request after the store was back')
    );
  },
  rests: ({ effective, requests, recovered }) => ({
    ...{ outages: effective, requests, 'sessions asked again': recovered },
  }),
  rulesOut: ({ requests }) =>
    `${atMost(requests)} of requests are signed out or hang while the store is down`,
  broken: (violations, { requests }) =>
    `${grouped(violations)} of ${counted(requests, 'request')} signed out or hung`,
});
