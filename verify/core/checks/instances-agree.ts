/** Checks instances-agree: no instance repeatedly responds to a session differently from the other instances. */

import type { FaultLedger } from '../faults/ledger.ts';
import type { Event, Operation, Run } from '../history/history.ts';
import { counted, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly } from '../result/verdict.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
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
import { CookieWays } from './cookie-ways.ts';
import { Clocks } from './instance-clocks.ts';
import { differences, type Pair, PairTable, pairsOf } from './pairs.ts';

/** Minimum number of responses on each ordered pair of instances. */
const ENOUGH = ENOUGH_HANDOFFS;

export const instancesAgree: Check = {
  guarantee: 'instances-agree',
  assumes:
    'conflicts (409, 412, 423, 425, 429) and signs of overload (408, 502, 503, 504, no response) are not differences; ' +
    'requests during a fault, or in its recovery time, are left out',
  minimum:
    `${ENOUGH} responses on each ordered pair of the instances that served before the first fault: the instance that ` +
    'logged in or wrote last, and the instance that serves',
  start: (run, onAnomaly, faults) => new InstancesAgree(run, onAnomaly, faults),
  conclude: concluded,
};

/** Statuses that any instance may send to a request that comes at a bad time, for example under overload. */
const BAD_TIME = new Set([408, 409, 412, 423, 425, 429, 502, 503, 504]);
/** Maximum number of refusals of a session that are kept until another instance honours the session. */
const PENDING = 8;

/** A refusal. It counts as a difference after a later response honours the same session. */
interface Pending {
  pair: Pair;
  kind: string;
  write: boolean;
  operation: Operation;
  before: Operation | undefined;
}

interface Route {
  /** The instance that served the login or the last write. */
  wrote: string | undefined;
  /** The instance that served the last page. Other instances may not know the form in it. */
  page: string | undefined;
  pending: Pending[] | undefined;
}

class InstancesAgree implements Fold {
  readonly #anomalies: Anomalies;
  readonly #faults: FaultLedger;
  readonly #routes = new Map<SessionState, Route>();
  readonly #wrote = new PairTable('logged in or wrote on');
  readonly #pages = new PairTable('page from');
  readonly #clocks = new Clocks();
  readonly #cookies = new CookieWays();
  /** The pairs that served before the first fault. After a fault, instances may be new or missing. */
  #before: Set<string> | undefined;

  /** True if a difference between clocks is a violation. It is reported in any case. */
  readonly #strict: boolean;

  constructor({ declared }: Run, onAnomaly: OnAnomaly | undefined, faults: FaultLedger) {
    this.#strict = declared?.clocks === 'strict';
    this.#faults = faults;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  event(event: Event): void {
    if (event.type === 'fault') this.#before ??= new Set(Object.keys(this.#wrote.counts()));
  }

  ended(operation: Operation, { session, live }: Standing): void {
    const { instance } = operation;
    if (instance === undefined) return;
    if (operation.skew !== undefined && !this.#faults.overlaps(operation))
      this.#clocks.add(operation, operation.skew);
    if (operation.cookies !== undefined) this.#cookies.add(operation);
    if (session.login === undefined || operation.with !== undefined) return;
    const route = this.#routes.get(session);
    if (session.login === operation || route === undefined) {
      if (session.login === operation) {
        this.#routes.set(session, { wrote: instance, page: undefined, pending: undefined });
      }
    } else if (live) this.#answered(operation, instance, session, route);
    else if (session.lost !== undefined && honoured(operation) === true) this.#confirm(operation, route);
  }

  /** Adds a response to a live session. */
  #answered(operation: Operation, instance: string, session: SessionState, route: Route): void {
    const { action, outcome } = operation;
    const write = action !== 'read' && action !== 'form';
    if (!this.#faults.overlaps(operation)) {
      const kind = outcome === 'ok' ? undefined : kindOf(operation);
      if (outcome === 'ok' || kind !== undefined) {
        this.#on(this.#wrote.of(route.wrote ?? instance, instance), operation, session, route, kind, write);
        if (write && route.page !== undefined) {
          this.#on(this.#pages.of(route.page, instance), operation, session, route, kind, write);
        }
      }
    }
    if (outcome !== 'ok') return;
    if (route.pending !== undefined) this.#confirm(operation, route);
    if (write) route.wrote = instance;
    else route.page = instance;
  }

  #on(
    pair: Pair,
    operation: Operation,
    session: SessionState,
    route: Route,
    kind: string | undefined,
    write: boolean,
  ): void {
    pair.requests++;
    if (kind === undefined) {
      pair.successes++;
      return;
    }
    route.pending ??= [];
    if (route.pending.length < PENDING) {
      const before = session.last ?? session.login;
      route.pending.push({ pair, kind, write, operation, before });
    }
  }

  /** Called when a response honours the session: counts its earlier refusals as differences. */
  #confirm(operation: Operation, route: Route): void {
    const write = operation.action !== 'read' && operation.action !== 'form';
    const { pending } = route;
    if (pending === undefined) return;
    route.pending = pending.filter(refusal => {
      const other = refusal.operation.instance !== operation.instance || refusal.write;
      if (refusal.write !== write || !other) return true;
      refusal.pair.differs(refusal.kind, refusal.before, refusal.operation, operation);
      return false;
    });
    if (route.pending.length === 0) route.pending = undefined;
  }

  sessionEnded(session: SessionState): void {
    this.#routes.delete(session);
  }

  counts(): Counts {
    const pairs = Object.entries(this.#wrote.counts());
    const judged = pairs.filter(([pair]) => this.#before?.has(pair) ?? true);
    return { different: this.#anomalies.count, ...Object.fromEntries(judged) };
  }

  finish(): Finding {
    const clocks = this.#clocks.differences();
    for (const anomaly of [
      ...(this.#wrote.shared ? [...differences(this.#wrote), ...differences(this.#pages)] : []),
      ...this.#cookies.differences(),
      ...(this.#strict ? clocks : []),
    ]) {
      this.#anomalies.add(() => anomaly);
    }
    const conclusion = concluded(this.counts());
    return {
      ...conclusion,
      ...(this.#strict ? {} : reported(conclusion, clocks)),
      anomalies: this.#anomalies.kept,
    };
  }
}

/** @returns the `why` or `finding` of a conclusion, together with the offsets of the clocks */
function reported({ judgement, why, finding }: Conclusion, clocks: readonly Anomaly[]): Partial<Conclusion> {
  if (clocks.length === 0) return {};
  const apart = clocks.map(({ summary }) => `; ${summary}`).join('');
  return judgement === 'unknown' ? { why: `${why}${apart}` } : { finding: finding + apart };
}

/** Returns the kind of a refusal; undefined if the response says nothing about the instance. */
function kindOf(operation: Operation): string | undefined {
  if (operation.signedIn === 'out') return 'signed out';
  const { status } = operation;
  if (status === undefined || status < 400 || BAD_TIME.has(status)) return undefined;
  return String(status);
}

function concluded(counts: Counts): Conclusion {
  const pairs = pairsOf(counts);
  const different = reader(counts)('different');
  const requests = pairs.reduce((sum, { requests }) => sum + requests, 0);
  const least = pairs.reduce((most, pair) => Math.min(most, pair.requests), Number.POSITIVE_INFINITY);
  const rests = { answers: requests, 'pairs of instances': pairs.length };
  const finding =
    different === 0
      ? `at most ${percent(upperBound(0, least))} of responses differ on any pair of instances`
      : `${counted(different, 'difference')} between instances`;
  return conclude(different, missing(pairs), rests, finding);
}

function missing(pairs: readonly { from: string; to: string; requests: number }[]): string | undefined {
  const instances = [...new Set(pairs.flatMap(({ from, to }) => [from, to]))].sort();
  const byPair = new Map(pairs.map(({ from, to, requests }) => [`${from} ${to}`, requests]));
  if (instances.length < 2) {
    return 'fewer than two instances served requests: run at least two, and set `instance` in the target file';
  }
  for (const from of instances) {
    for (const to of instances) {
      const requests = byPair.get(`${from} ${to}`) ?? 0;
      if (from !== to && requests < ENOUGH) {
        return (
          `${counted(requests, 'response')} of ${to} to sessions that logged in or wrote last on ${from}, ` +
          `${ENOUGH} are needed on each pair: run for longer`
        );
      }
    }
  }
  return undefined;
}
