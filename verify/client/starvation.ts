/**
 * Whether the machine of the run is so crowded that nothing on it gets its time. What failed or came late then may be
 * nobody's fault but the machine's: a target beside the run had no more time than the run itself.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

interface Sample {
  /** On the recorder's clock, microseconds. */
  at: number;
  /** Threads that were ready to run, for each core. */
  crowd: number;
}

/** So many threads for each core: what takes 300 ms of a core takes about two seconds then. */
const CROWDED = 6;
/** Looked at for so long at least, microseconds, and looked up so often, milliseconds. */
const STRETCH = 1_000_000;
const EVERY = 100;
/** For two minutes: no request takes longer. */
const KEPT = 1200;

export class Starvation {
  readonly #now: () => number;
  readonly #crowd: () => number | undefined;
  readonly #timer: NodeJS.Timeout;
  #samples: Sample[] = [];

  /**
   * @param now the recorder's clock, microseconds
   * @param crowd how many threads are ready to run, for each core; undefined where the system does not tell
   */
  constructor(now: () => number, crowd: () => number | undefined = crowdOfMachine) {
    this.#now = now;
    this.#crowd = crowd;
    this.#timer = setInterval(() => this.look(), EVERY).unref();
  }

  /** Looks up how crowded the machine is; happens ten times a second by itself. */
  look(): void {
    const crowd = this.#crowd();
    if (crowd === undefined) return;
    this.#samples.push({ at: this.#now(), crowd });
    if (this.#samples.length > 2 * KEPT) this.#samples = this.#samples.slice(-KEPT);
  }

  /**
   * @param call when a request left, and `end` when its answer came, microseconds
   * @returns whether the machine was crowded meanwhile, and in the second before; false where nobody can tell
   */
  during(call: number, end: number): boolean {
    const from = Math.min(call, end - STRETCH);
    const looks = this.#samples.filter(({ at }) => at >= from && at <= end);
    const sum = looks.reduce((total, { crowd }) => total + crowd, 0);
    return looks.length > 0 && sum >= CROWDED * looks.length;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const CORES = cpus().length;

/**
 * The threads that are ready to run, without the one that asks, for each core. Linux tells how many there are:
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
