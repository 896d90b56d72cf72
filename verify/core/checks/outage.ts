/** Checks outage: while the store is down, no session is signed out and no request hangs. Sessions live afterwards. */

import type { FaultLedger } from '../faults/ledger.ts';
import { type FaultWindow, idle, overlaps, titleOf, tookEffect } from '../faults/window.ts';
import type { Event, Operation, Run } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly } from '../result/verdict.ts';
import { deletedCookie, honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';
import { starved } from './trouble.ts';

/** Minimum number of sessions that sent a request after the store was back. */
const RECOVERED = 3;
/** Maximum number of anomalies per name that are kept until the fault is known to have taken effect. */
const KEPT = 5;

type Name = 'LOGOUT' | 'HANG';

export const outage: Check = {
  guarantee: 'outage',
  assumes:
    'the store answers no request from the begin of the window to its end; faults are timed by the run’s clock; ' +
    'requests that the machine of the run had no time for are marked as starved',
  minimum:
    `a declared deadline, ${ENOUGH_HANDOFFS} requests of live sessions while the store was seen to be down, and ` +
    `${RECOVERED} of those sessions with a request afterwards`,
  start: (run, onAnomaly, faults) => new Outage(run, faults, onAnomaly),
  conclude: concluded,
};

/** An outage and its findings. They count once the outage is known to have taken effect. */
interface Down {
  window: FaultWindow;
  /** Number of requests of live sessions that overlapped the outage. */
  requests: number;
  /** Number of anomalies that wait until the outage is known to have taken effect. */
  found: number;
  /** Number of late responses while the machine that runs Baton was starved. */
  starved: number;
  anomalies: Record<Name, Anomaly[]>;
  /** Live sessions with a request during the outage and none after it. */
  sessions: Set<SessionState>;
  /** Number of these sessions that were still alive after the outage. */
  recovered: number;
}

class Outage implements Fold {
  readonly #run: Run;
  readonly #deadline: number;
  readonly #anomalies: Anomalies;
  readonly #faults: FaultLedger;
  readonly #downs: Down[] = [];

  constructor(run: Run, faults: FaultLedger, onAnomaly?: OnAnomaly) {
    this.#run = run;
    this.#faults = faults;
    this.#deadline = run.declared?.deadline ?? Number.POSITIVE_INFINITY;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  event(event: Event): void {
    if (event.type !== 'fault') return;
    const window = this.#faults.windows.findLast(({ id }) => id === event.id);
    if (window?.down !== true) return;
    const down = this.#downs.find(known => known.window === window);
    if (down === undefined) {
      this.#downs.push({
        window,
        requests: 0,
        found: 0,
        starved: 0,
        anomalies: { LOGOUT: [], HANG: [] },
        sessions: new Set(),
        recovered: 0,
      });
    } else if (window.bit === true) this.#count(down);
  }

  /** Reports the anomalies that were found so far. */
  #count(down: Down): void {
    const { LOGOUT, HANG } = down.anomalies;
    for (const anomaly of [...LOGOUT, ...HANG]) this.#anomalies.add(() => anomaly, anomaly.name);
    this.#anomalies.count += down.found - LOGOUT.length - HANG.length;
    Object.assign(down, { found: 0, anomalies: { LOGOUT: [], HANG: [] } });
  }

  ended(operation: Operation, { session, live }: Standing): void {
    if (this.#downs.length === 0) return;
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
    const summary = `${operation.instance ?? 'the app'} ${
      deletedCookie(operation) === undefined
        ? 'signed a live session out'
        : 'deleted the cookie of a live session'
    } while the store was down (${titleOf(down.window)})`;
    this.#found(down, 'LOGOUT', () => signedOut(operation, session, summary, came));
  }

  /** Judges how long a request took. Ignores a request that the run aborted, or whose end is not known. */
  #timed(operation: Operation, down: Down): void {
    const { call, return: end, note } = operation;
    if (end === undefined || note === 'aborted') return;
    const waited = end - Math.max(call, down.window.begin);
    if (waited <= this.#deadline) return;
    if (operation.starved === true) {
      down.starved++;
      return;
    }
    const came = `${operation.status ?? note ?? 'no response'} after ${seconds(waited)}`;
    this.#found(down, 'HANG', () => ({
      name: 'HANG',
      guarantee: 'outage',
      session: operation.session,
      user: operation.user,
      summary: `a request hung for ${seconds(waited)} while the store was down (${titleOf(down.window)})`,
      witness: [{ operation, expected: `any response within ${seconds(this.#deadline)}`, came }],
      notes: [],
    }));
  }

  #afterwards(operation: Operation, session: SessionState, down: Down): void {
    const shown = honoured(operation);
    if (shown === undefined && session.lost !== operation) return;
    if (!down.sessions.delete(session)) return;
    if (session.lost !== operation) {
      down.recovered++;
      return;
    }
    const summary = `a session that lived before the store was down (${titleOf(down.window)}) is signed out afterwards`;
    this.#found(down, 'LOGOUT', () => signedOut(operation, session, summary, 'signed out'));
  }

  #found(down: Down, name: Name, make: () => Anomaly): void {
    if (down.window.bit === true) {
      this.#anomalies.add(make, name);
      return;
    }
    down.found++;
    if (down.anomalies[name].length < KEPT) down.anomalies[name].push(make());
  }

  sessionEnded(session: SessionState): void {
    for (const down of this.#downs) down.sessions.delete(session);
  }

  counts(): Counts {
    const effective = this.#downs.filter(({ window }) => tookEffect(window));
    const sum = (of: (down: Down) => number) => effective.reduce((total, down) => total + of(down), 0);
    return {
      outages: this.#downs.length,
      effective: effective.length,
      requests: sum(down => down.requests),
      recovered: sum(down => down.recovered),
      starved: sum(down => down.starved),
      broken: this.#anomalies.count,
    };
  }

  finish(): Finding {
    for (const down of this.#downs) if (tookEffect(down.window)) this.#count(down);
    const without = idle(this.#downs.map(({ window }) => window));
    const conclusion = concluded(this.counts(), this.#run);
    return {
      ...conclusion,
      ...(conclusion.judgement === 'unknown' && without !== undefined ? { why: without } : {}),
      anomalies: this.#anomalies.kept,
    };
  }
}

const seconds = (time: number): string => `${Number((time / 1e6).toFixed(1))} s`;

function signedOut(operation: Operation, session: SessionState, summary: string, came: string): Anomaly {
  const { login, last } = session;
  const before = last ?? login;
  return {
    name: 'LOGOUT',
    guarantee: 'outage',
    session: operation.session,
    user: operation.user,
    summary,
    witness: [
      ...(before === undefined ? [] : [{ operation: before, came: 'the session lived' }]),
      { operation, expected: `signed in as ${operation.user}, or an error with the cookie untouched`, came },
    ],
    notes: [],
  };
}

function concluded(counts: Counts, run: Run): Conclusion {
  const of = reader(counts);
  const [requests, recovered, broken] = [of('requests'), of('recovered'), of('broken')];
  const finding =
    broken === 0
      ? `at most ${percent(upperBound(0, requests))} of requests are signed out or hang while the store is down`
      : `${grouped(broken)} of ${counted(requests, 'request')} signed out or hung`;
  const rests = { outages: of('effective'), requests, 'sessions asked again': recovered };
  return conclude(broken, missing(counts, run), rests, finding);
}

function missing(counts: Counts, run: Run): string | undefined {
  const of = reader(counts);
  if (of('outages') === 0) return 'the store was never down: run with a fault that stops it';
  if (of('effective') < of('outages')) return 'an outage was not seen to take effect';
  if (run.declared?.deadline === undefined) {
    return 'no deadline is declared, so no request can be too late: set `deadline` in the target file';
  }
  if (of('starved') > 0) return starved(of('starved'));
  if (of('requests') < ENOUGH_HANDOFFS) {
    return `${counted(of('requests'), 'request')} of live sessions while the store was down, ${ENOUGH_HANDOFFS} are needed`;
  }
  if (of('recovered') < RECOVERED) {
    return `${counted(of('recovered'), 'session')} with a request after the store was back, ${RECOVERED} are needed`;
  }
  return undefined;
}
