/** Counts requests and sessions for the plots of the HTML report, in constant memory. */
import type { Operation } from '../../core/history/history.ts';
import { atRank, bucketOf, sizeOf } from '../../core/result/latency.ts';
import type { Plots } from './chunk.ts';

/** Length of an interval at the start of the run, microseconds. */
const FIRST = 100_000;
/** Maximum number of intervals. If a run needs more, each interval becomes twice as long. */
const MOST = 160;
/** Maximum number of parts of a run (before, during and after faults) with separate response times. */
const PARTS = 15;
/** Maximum number of instances with separate counts. Further instances are counted together. */
const INSTANCES = 24;

type Series = number[];

export class PlotCounts {
  #width = FIRST;
  readonly #requests = new Map<string, { requests: Series; failed: Series }>();
  readonly #sessions: Record<'born' | 'ended' | 'lost', Series> = { born: [], ended: [], lost: [] };
  readonly #ages: number[] = [];
  readonly #parts: { part: string; instances: Map<string, Map<number, number>> }[] = [];

  constructor() {
    this.part('');
  }

  /** Begins the next part of the run, such as `during rolling-restart`. */
  part(part: string): void {
    if (this.#parts.length < PARTS) this.#parts.push({ part, instances: new Map() });
  }

  /** @param age age of the session at the request, microseconds; undefined if no session was live */
  ended(operation: Operation, age: number | undefined): void {
    const { call, return: end, status, outcome, note } = operation;
    const known = operation.instance ?? '';
    const instance = this.#requests.has(known) || this.#requests.size < INSTANCES ? known : 'others';
    let counts = this.#requests.get(instance);
    if (counts === undefined) {
      counts = { requests: [], failed: [] };
      this.#requests.set(instance, counts);
    }
    this.#add(counts.requests, end ?? call);
    if ((status === undefined && note !== 'aborted') || (status ?? 0) >= 500)
      this.#add(counts.failed, end ?? call);
    if (age !== undefined) {
      const bucket = Math.max(0, Math.ceil(Math.log2((age + 1) / 1e6)));
      this.#ages[bucket] = (this.#ages[bucket] ?? 0) + 1;
    }
    if (outcome === 'ok' && end !== undefined) this.#time(instance, end - call);
  }

  #time(instance: string, time: number): void {
    const part = this.#parts.at(-1);
    const buckets = part?.instances.get(instance) ?? new Map<number, number>();
    part?.instances.set(instance, buckets);
    const bucket = bucketOf(time);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }

  session(event: 'born' | 'ended' | 'lost', at: number): void {
    this.#add(this.#sessions[event], at);
  }

  #add(series: Series, at: number): void {
    if (at < 0 || !Number.isFinite(at)) return;
    while (at / this.#width >= MOST) this.#widen();
    const i = Math.floor(at / this.#width);
    series[i] = (series[i] ?? 0) + 1;
  }

  #widen(): void {
    this.#width *= 2;
    for (const series of this.#all()) {
      const half = Math.ceil(series.length / 2);
      for (let i = 0; i < half; i++) series[i] = (series[2 * i] ?? 0) + (series[2 * i + 1] ?? 0);
      series.length = half;
    }
  }

  #all(): Series[] {
    return [
      ...Object.values(this.#sessions),
      ...[...this.#requests.values()].flatMap(({ requests, failed }) => [requests, failed]),
    ];
  }

  /** Returns all counts since the beginning of the run. */
  take(): Plots {
    const length = Math.max(0, ...this.#all().map(series => series.length));
    const full = (series: Series): Series => Array.from({ length }, (_, i) => series[i] ?? 0);
    const names = [...this.#requests.keys()].sort();
    const of = (kind: 'requests' | 'failed'): number[][] =>
      names.map(name => full(this.#requests.get(name)?.[kind] ?? []));
    const { born, ended, lost } = this.#sessions;
    return {
      width: this.#width,
      instances: names,
      requests: of('requests'),
      failed: of('failed'),
      born: full(born),
      ended: full(ended),
      lost: full(lost),
      ages: Array.from(this.#ages, count => count ?? 0),
      latency: this.#parts.flatMap(({ part, instances }) =>
        [...instances].sort().map(([instance, buckets]) => {
          const count = sizeOf(buckets);
          const at = (share: number): number => Math.round(atRank(buckets, Math.ceil(share * count)));
          return { part, instance, count, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
        }),
      ),
    };
  }
}
