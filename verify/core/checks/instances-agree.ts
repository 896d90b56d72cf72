/** Checks instances-agree: no instance repeatedly responds to a session differently from the other instances. */
import { isSafe } from '../history/actions.ts';
import type { Event, Operation } from '../history/history.ts';
import { counted } from '../result/format.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import { type Conclusion, ENOUGH_HANDOFFS } from './check.ts';
import { CookieWays } from './cookie-ways.ts';
import { atMost, check, Judging } from './framework.ts';
import { InstanceClocks } from './instance-clocks.ts';
import { differences, fewestOn, type Pair, PairTable, type Requests } from './pairs.ts';

/** Minimum number of responses on each ordered pair of instances. */
const ENOUGH = ENOUGH_HANDOFFS;
/** Statuses that any instance may send to a request that comes at a bad time, for example under overload. */
const BAD_TIME = new Set([408, 409, 412, 423, 425, 429, 502, 503, 504]);
/** Maximum number of refusals of a session that are kept until another instance honours the session. */
const PENDING = 8;

interface Answers {
  /** Number of requests by the instance of the login or last write, then by the instance that served. */
  pairs: Requests;
}

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
  wrote: string;
  /** The instance that served the last page. Other instances may not know the form in it. */
  page: string | undefined;
  pending: Pending[] | undefined;
}

class InstancesAgree extends Judging<Answers> {
  readonly #routes = new Map<SessionState, Route>();
  readonly #wrote = new PairTable('logged in or wrote on');
  readonly #pages = new PairTable('page from');
  readonly #clocks = new InstanceClocks();
  readonly #cookies = new CookieWays();
  /** The pairs that served before the first fault. After a fault, instances may be new or missing. */
  #before: Requests | undefined;

  override event(event: Event): void {
    if (event.type === 'fault') this.#before ??= this.#wrote.requests();
  }

  override ended(operation: Operation, { session, live }: Standing): void {
    const { instance } = operation;
    if (instance === undefined) return;
    if (operation.skew !== undefined && !this.faults.overlaps(operation))
      this.#clocks.add(operation, operation.skew);
    if (operation.cookies !== undefined) this.#cookies.add(operation);
    if (session.login === undefined || operation.with !== undefined) return;
    const route = this.#routes.get(session);
    if (session.login === operation)
      this.#routes.set(session, { wrote: instance, page: undefined, pending: undefined });
    else if (route === undefined) return;
    else if (live) this.#answered(operation, instance, session, route);
    else if (session.lost !== undefined && honoured(operation) === true) confirm(operation, route);
  }

  /** Adds a response to a live session. */
  #answered(operation: Operation, instance: string, session: SessionState, route: Route): void {
    const { action, outcome } = operation;
    const write = !isSafe(action);
    const kind = outcome === 'ok' ? undefined : kindOf(operation);
    if ((outcome === 'ok' || kind !== undefined) && !this.faults.overlaps(operation)) {
      const pairs = [this.#wrote.of(route.wrote, instance)];
      if (write && route.page !== undefined) pairs.push(this.#pages.of(route.page, instance));
      for (const pair of pairs) {
        pair.requests++;
        if (kind === undefined) pair.successes++;
        else if ((route.pending?.length ?? 0) < PENDING) {
          route.pending ??= [];
          route.pending.push({ pair, kind, write, operation, before: session.last ?? session.login });
        }
      }
    }
    if (outcome !== 'ok') return;
    confirm(operation, route);
    if (write) route.wrote = instance;
    else route.page = instance;
  }

  override sessionEnded(session: SessionState): void {
    this.#routes.delete(session);
  }

  override recount(): void {
    this.count.pairs = this.#wrote.requests(this.#before);
  }

  override settle(): void {
    const found = [
      ...(this.#wrote.shared ? [...differences(this.#wrote), ...differences(this.#pages)] : []),
      ...this.#cookies.differences(),
      ...(this.run.declared?.clocks === 'strict' ? this.#clocks.differences() : []),
    ];
    for (const difference of found) this.report(() => difference);
  }

  /** Clocks that differ are no violation unless the target claims equal clocks, but are reported. */
  override conclusion(fromCounts: Conclusion): Conclusion {
    if (this.run.declared?.clocks === 'strict') return fromCounts;
    const apart = this.#clocks.differences().map(({ summary }) => `; ${summary}`);
    if (apart.length === 0) return fromCounts;
    const where = fromCounts.judgement === 'unknown' ? 'why' : 'finding';
    return { ...fromCounts, [where]: [fromCounts[where], ...apart].join('') };
  }
}

/** Called when a response honours the session: counts its earlier refusals as differences. */
function confirm(operation: Operation, route: Route): void {
  if (route.pending === undefined) return;
  const write = !isSafe(operation.action);
  route.pending = route.pending.filter(refusal => {
    const other = refusal.operation.instance !== operation.instance || refusal.write;
    if (refusal.write !== write || !other) return true;
    refusal.pair.differs(refusal.kind, refusal.before, refusal.operation, operation);
    return false;
  });
  if (route.pending.length === 0) route.pending = undefined;
}

/** Returns the kind of a refusal; undefined if the response says nothing about the instance. */
function kindOf({ signedIn, status }: Operation): string | undefined {
  if (signedIn === 'out') return 'signed out';
  if (status === undefined || status < 400 || BAD_TIME.has(status)) return undefined;
  return String(status);
}

export const instancesAgree = check<Answers>({
  guarantee: 'instances-agree',
  assumes:
    'conflicts (409, 412, 423, 425, 429) and signs of overload (408, 502, 503, 504, no response) are not differences; ' +
    'requests during a fault, or in its recovery time, are left out',
  minimum:
    `${ENOUGH} responses on each ordered pair of the instances that served before the first fault: the instance that ` +
    'logged in or wrote last, and the instance that serves',
  judge: InstancesAgree,
  counts: () => ({ pairs: Object.create(null) }),
  compared: ({ pairs }) => numbersIn(pairs).length,
  missing({ pairs }) {
    const fewest = fewestOn(pairs, ENOUGH);
    if (fewest === 'one instance')
      return 'fewer than two instances served requests: run at least two, and set `instance` in the target file';
    if (fewest === undefined) return undefined;
    const { from, to, requests } = fewest;
    return (
      `${counted(requests, 'response')} of ${to} to sessions that logged in or wrote last on ${from}, ` +
      `${ENOUGH} are needed on each pair: run for longer`
    );
  },
  rests({ pairs }) {
    const numbers = numbersIn(pairs);
    return { answers: numbers.reduce((sum, n) => sum + n, 0), 'pairs of instances': numbers.length };
  },
  rulesOut({ pairs }) {
    const least = numbersIn(pairs).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return `${atMost(least)} of responses differ on any pair of instances`;
  },
  broken: violations => `${counted(violations, 'difference')} between instances`,
});

const numbersIn = (pairs: Requests): number[] => Object.values(pairs).flatMap(row => Object.values(row));
