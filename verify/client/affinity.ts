/**
 *
 * How a client treats the affinity cookie of a sticky balancer.
 * `on`: it sends the cookie, as a browser does.
 * `off`: it never sends it.
 * `re-pinned`: it sends the cookie of another client with each request, so that the balancer routes it elsewhere.
 * `broken`: it loses the cookie once, in the middle of the run.
 */
import type { Random } from '../workloads/random.ts';

export const AFFINITIES = ['on', 'off', 're-pinned', 'broken'] as const;
export type AffinityMode = (typeof AFFINITIES)[number];

/** Returns the names of the affinity cookie and of its second copy, which the same balancer also accepts. */
export const twinsOf = (cookie: string): string[] => [cookie, `${cookie}CORS`];

/** How many cookie values of other clients are remembered. */
const KEPT = 64;

interface Pair {
  name: string;
  value: string;
}

export class Affinity {
  readonly cookie: string;
  /** AWS sets its cookie twice, and accepts either: AWSALB and AWSALBCORS. */
  readonly twins: readonly string[];
  readonly mode: AffinityMode;
  readonly #random: Random;
  readonly #late: () => boolean;
  readonly #values: string[] = [];

  /**
   *
   * @param cookie name of the balancer's cookie
   * @param late returns whether the middle of the run has passed
   */
  constructor(cookie: string, mode: AffinityMode, random: Random, late: () => boolean) {
    this.cookie = cookie;
    this.twins = twinsOf(cookie);
    this.mode = mode;
    this.#random = random;
    this.#late = late;
  }

  /** Remembers a cookie that a response set. */
  saw({ name, value }: { name: string; value?: string }): void {
    if (name !== this.cookie || value === undefined || this.#values.includes(value)) return;
    this.#values.push(value);
    if (this.#values.length > KEPT) this.#values.shift();
  }

  /** Returns the cookies to send, out of the cookies of a jar. */
  sent(cookies: readonly Pair[]): readonly Pair[] {
    if (this.mode === 'on' || this.mode === 'broken') return cookies;
    const others = cookies.filter(({ name }) => !this.twins.includes(name));
    // A client without an affinity cookie first gets its own, which later requests replace.
    if (this.mode === 're-pinned' && others.length === cookies.length) return others;
    const value = this.#values[this.#random.below(this.#values.length)];
    if (this.mode === 'off' || value === undefined) return others;
    return [...others, { name: this.cookie, value }];
  }

  /** Returns whether a client that still has its cookie must lose it now. */
  breaks(): boolean {
    return this.mode === 'broken' && this.#late();
  }
}
