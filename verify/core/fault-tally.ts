/** What became of people during each fault, as somebody who answers for the system asks it. */
import { type Counts, reader } from './check.ts';
import { tollOf } from './checks/survival.ts';
import type { Event, Operation } from './history.ts';
import type { FaultSummary } from './result.ts';
import type { Standing } from './sessions.ts';
import { upperBound } from './statistics.ts';
import { Waiting } from './waiting.ts';
import { type Window, Windows } from './windows.ts';

interface Met {
  window: Window;
  requests: number;
  failed: number;
  relogins: number;
  gap: number;
  waits: Waits;
}

export class FaultTally {
  readonly #windows = new Windows();
  readonly #met: Met[] = [];
  readonly #waiting = new Waiting();
  /** The fault by which a client lost its session, until it has logged in again. */
  readonly #bereft = new Map<string, Met>();
  /** When somebody got an answer last. */
  #answered: number | undefined;

  event(event: Event): void {
    if (event.type === 'session' && event.event === 'ended') this.#waiting.sessionEnded(event.session);
    const window = this.#windows.event(event);
    if (window === undefined || this.#met.some(met => met.window === window)) return;
    this.#met.push({ window, requests: 0, failed: 0, relogins: 0, gap: 0, waits: new Waits() });
  }

  ended(operation: Operation, { session, live }: Standing): void {
    if (operation.note === 'aborted' || operation.with !== undefined) return;
    const { client, call, return: end = call, status } = operation;
    const failed = status === undefined || status >= 500;
    const answered = this.#answered ?? call;
    if (!failed) this.#answered = Math.max(answered, end);
    if (this.#met.length === 0) return;
    const asked = this.#waiting.ended(operation, failed).call;
    for (const met of this.#met) {
      const { begin, end: until = Number.POSITIVE_INFINITY } = met.window;
      if (end < begin) continue;
      if (!failed && answered <= until) met.gap = Math.max(met.gap, end - answered);
      if (asked > until) continue;
      if (call <= until) {
        met.requests++;
        if (failed) met.failed++;
      }
      if (!failed) met.waits.add(end - asked);
    }
    if (live && session.lost === operation) this.#loses(client, end);
    else if (operation.action === 'login' && operation.outcome === 'ok') this.#logsIn(client);
  }

  /** The last fault that had begun took it. */
  #loses(client: string, at: number): void {
    const by = this.#met.findLast(({ window }) => window.begin <= at);
    if (by !== undefined) this.#bereft.set(client, by);
  }

  #logsIn(client: string): void {
    const by = this.#bereft.get(client);
    if (by === undefined) return;
    by.relogins++;
    this.#bereft.delete(client);
  }

  get windows(): readonly Window[] {
    return this.#windows.all;
  }

  /** @param survival what the check of that name has counted */
  finish(survival: Counts): FaultSummary[] {
    return this.#met.map(({ window, requests, failed, relogins, gap, waits }) => {
      const { id, name, where, did, begin, end, bit = false, healthy = false, healed } = window;
      const { sessions, gone, writes, lost } = tollOf(reader(survival), window);
      return {
        ...{ id, name, ...(where === undefined ? {} : { where }), ...(did === undefined ? {} : { did }) },
        ...{ bit, healthy, ...(healed === false ? { healed } : {}) },
        ...(end === undefined ? {} : { duration: end - begin }),
        ...{ requests, failed, relogins },
        sessions: { survived: sessions - gone, of: sessions, atLeast: 1 - upperBound(gone, sessions) },
        writes: { acknowledged: writes, lost },
        gap,
        wait: { longest: waits.longest, p99: waits.quantile(0.99) },
      };
    });
  }
}

/** Waiting times, to within a twentieth, however many. */
class Waits {
  longest = 0;
  #count = 0;
  readonly #buckets = new Map<number, number>();

  add(wait: number): void {
    const bucket = Math.ceil(Math.log(Math.max(1, wait)) / STEP);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count++;
    this.longest = Math.max(this.longest, wait);
  }

  /** @returns what that share of them did not exceed */
  quantile(share: number): number {
    let left = share * this.#count;
    for (const [bucket, count] of [...this.#buckets].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.longest, Math.round(Math.exp(bucket * STEP)));
    }
    return this.longest;
  }
}

const STEP = Math.log(1.05);
