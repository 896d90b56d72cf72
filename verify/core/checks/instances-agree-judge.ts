import { isSafe } from '../history/actions.ts';
import type { Event, Operation } from '../history/history.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import type { Conclusion } from './check.ts';
import { CookieDifferences } from './cookie-differences.ts';
import { Judging } from './framework.ts';
import { InstanceClocks } from './instance-clocks.ts';
import { OutdatedSessions } from './outdated.ts';
import { differences } from './pair-differences.ts';
import { type PairRequests, PairTable } from './pairs.ts';
import { confirm, kindOf, PENDING, type Route } from './refusals.ts';

export class Answers {
  /** First key: the instance of the session's login or last write; second key: the instance of the counted requests. */
  pairs: PairRequests = Object.create(null);
  older = 0;
  /** Number of forms that were on a page from before the first fault, and were sent after the fault. */
  olderForms = 0;
}

export class InstancesAgree extends Judging<Answers> {
  readonly #routes = new WeakMap<SessionState, Route>();
  readonly #wrote = new PairTable('logged in or wrote on');
  readonly #pages = new PairTable('got the page from');
  readonly #clocks = new InstanceClocks();
  readonly #cookies = new CookieDifferences();
  readonly #outdated = new OutdatedSessions(this.faults);
  /** The pairs of instances before the first fault. A fault may add or remove instances. */
  #before: PairRequests | undefined;

  override event(event: Event): void {
    if (event.type === 'fault') this.#before ??= this.#wrote.requests();
  }

  override ended(operation: Operation, { session, live }: Standing): void {
    const { instance } = operation;
    this.#outdated.ended(operation, session, live);
    if (instance === undefined) return;
    if (operation.skew !== undefined && !this.faults.overlaps(operation))
      this.#clocks.add(operation, operation.skew);
    if (operation.cookies !== undefined && !this.faults.overlaps(operation))
      this.#cookies.add(operation, this.faults.windows.length);
    if (operation.with !== undefined) return;
    const route = this.#routes.get(session);
    if (session.login === operation)
      this.#routes.set(session, { wrote: instance, page: undefined, pending: undefined });
    else if (route === undefined) return;
    else if (live) this.#answered(operation, instance, session, route);
    else if (session.lost !== undefined && honoured(operation) === true) confirm(operation, route);
  }

  /**
   * Counts a response for the pair of the last write's instance and this instance. Counts a form also for the pair of
   * its page's instance and this instance.
   */
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
    this.#outdated.sessionEnded(session);
  }

  override recount(): void {
    this.count.pairs = this.#wrote.requests(this.#before);
    this.count.older = this.#outdated.sessions;
    this.count.olderForms = this.#outdated.forms;
  }

  override settle(): void {
    const found = [
      ...(this.#wrote.shared ? [...differences(this.#wrote), ...differences(this.#pages)] : []),
      ...this.#cookies.differences(),
      ...(this.run.declared?.clocks === 'strict' ? this.#clocks.differences() : []),
    ];
    for (const difference of found) this.report(() => difference);
    for (const difference of this.#outdated.differences()) this.report(() => difference, 'OUTDATED');
  }

  /** Adds differences between clocks to the verdict as a remark, unless equal clocks are claimed. */
  override conclusion(fromCounts: Conclusion): Conclusion {
    if (this.run.declared?.clocks === 'strict') return fromCounts;
    const apart = this.#clocks.differences().map(({ summary }) => `; ${summary}`);
    const where = fromCounts.judgement === 'unknown' ? 'why' : 'finding';
    return { ...fromCounts, [where]: [fromCounts[where], ...apart].join('') };
  }
}
