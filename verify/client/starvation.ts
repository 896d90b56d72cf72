/** Detects an overload of this machine, which may be the cause of late or failed responses. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

interface Sample {
  /** Time on the recorder's clock, microseconds. */
  at: number;
  /** Number of threads that run or wait for CPU time, per core. */
  crowd: number;
}

/**
 * A machine with this number of runnable threads per core is overloaded. With 6 threads, a task of 300 ms of CPU time
 * takes about 2 s.
 */
const CROWDED = 6;
/**
 * Minimum length of the checked interval, microseconds. For a shorter request, the interval begins before the request.
 */
const STRETCH = 1_000_000;
/** Interval between two samples, milliseconds. */
const EVERY = 100;
/** Number of stored samples: two minutes, longer than any request. */
const KEPT = 1200;

export class Starvation {
  readonly #now: () => number;
  readonly #crowd: () => number | undefined;
  readonly #timer: NodeJS.Timeout;
  #samples: Sample[] = [];

  /**
   * @param now the recorder's clock, microseconds
   * @param crowd returns the runnable threads per core; undefined if unknown
   */
  constructor(now: () => number, crowd: () => number | undefined = crowdOfMachine) {
    this.#now = now;
    this.#crowd = crowd;
    this.#timer = setInterval(() => this.look(), EVERY).unref();
  }

  /** Takes a sample of the machine's load. A timer calls this ten times per second. */
  look(): void {
    const crowd = this.#crowd();
    if (crowd === undefined) return;
    this.#samples.push({ at: this.#now(), crowd });
    if (this.#samples.length > 2 * KEPT) this.#samples = this.#samples.slice(-KEPT);
  }

  /**
   * Returns whether the machine was overloaded during a request or in the second before its end.
   *
   * @param call time at which the request was sent, microseconds
   * @param end time at which the response arrived, microseconds
   * @param unanswered true if no response came. Then one second of overload is enough, because a client may need
   * seconds to reopen a dropped connection
   */
  during(call: number, end: number, unanswered = false): boolean {
    const from = Math.min(call, end - STRETCH);
    if (!unanswered) return this.#crowded(from, end);
    for (let at = from; at + STRETCH <= end; at += STRETCH / 2)
      if (this.#crowded(at, at + STRETCH)) return true;
    return this.#crowded(end - STRETCH, end);
  }

  /** Each sample stands for the time since the previous sample. */
  #crowded(from: number, to: number): boolean {
    let [crowd, time] = [0, 0];
    for (let i = this.#samples.findLastIndex(({ at }) => at <= from) + 1; i < this.#samples.length; i++) {
      const sample = this.#samples[i] as Sample;
      const before = Math.max(from, this.#samples[i - 1]?.at ?? from);
      const length = Math.min(to, sample.at) - before;
      if (length <= 0) break;
      crowd += sample.crowd * length;
      time += length;
    }
    return time > 0 && crowd >= CROWDED * time;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const CORES = cpus().length;

/**
 * Returns the number of runnable threads per core on Linux, without this thread. Source:
 * https://man7.org/linux/man-pages/man5/proc_loadavg.5.html
 */
export function crowdOfMachine(): number | undefined {
  try {
    const ready = Number(/ (\d+)\/\d+ /.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1]);
    return Number.isNaN(ready) ? undefined : (ready - 1) / CORES;
  } catch {
    return undefined;
  }
}
