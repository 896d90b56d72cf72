/** Times in which requests waited and none was answered. The only place that computes a gap. */
import type { Operation } from '../history.ts';

/** Shorter ones are the time between two answers, microseconds. */
const LEAST = 1_000;

/** Between two successes that follow one another. */
export interface Gap {
  from: number;
  /** Infinite while no success has followed. */
  until: number;
  /** The earliest call of a request that waited in it; infinite when none did. */
  asked: number;
  /** The last moment at which a request is known to have waited in vain. */
  vain: number;
  before?: Operation;
  /** The first failure in it. */
  error?: Operation;
  after?: Operation;
}

/** @returns for how long requests waited in it and none was answered */
export const lengthOf = ({ from, until, asked }: Gap): number => Math.max(0, until - Math.max(from, asked));

const begun = (from: number, before?: Operation): Gap => ({
  from,
  until: Number.POSITIVE_INFINITY,
  asked: Number.POSITIVE_INFINITY,
  vain: Number.NEGATIVE_INFINITY,
  ...(before === undefined ? {} : { before }),
});

export class Gaps {
  #open = begun(Number.NEGATIVE_INFINITY);
  /** Those that matter, in order of time. A request that ends late may still turn out to have waited in them. */
  readonly #closed: Gap[] = [];

  /**
   * @param failed undefined where the run gave the request up, or its end is not known
   * @param matters whether what happened between two moments is asked for at the end
   */
  ended(
    operation: Operation,
    failed: boolean | undefined,
    matters: (from: number, until: number) => boolean,
  ): void {
    const { call, return: end } = operation;
    waited(this.#open, operation, failed);
    for (let i = this.#closed.length - 1; i >= 0; i--) {
      const gap = this.#closed[i] as Gap;
      if (gap.until <= call) break;
      waited(gap, operation, failed);
    }
    if (failed !== false || end === undefined || end <= this.#open.from) return;
    const gap = { ...this.#open, until: end, after: operation };
    if (end - gap.from >= LEAST && matters(gap.from, end)) this.#closed.push(gap);
    this.#open = begun(end, operation);
  }

  /**
   * @param at the last moment of the history
   * @returns all that matter; one that is open ends with the last request that waited in vain
   */
  finish(at: number): readonly Gap[] {
    const until = Math.min(this.#open.vain, at);
    return until > this.#open.from ? [...this.#closed, { ...this.#open, until }] : this.#closed;
  }
}

/** Takes in that a request was under way in a gap. */
function waited(gap: Gap, operation: Operation, failed: boolean | undefined): void {
  const { call, return: end = Number.POSITIVE_INFINITY } = operation;
  if (end <= gap.from) return;
  gap.asked = Math.min(gap.asked, Math.max(gap.from, call));
  if (failed === false) return;
  gap.vain = Math.max(gap.vain, end);
  if (failed === true && end <= gap.until) gap.error ??= operation;
}
