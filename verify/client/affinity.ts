/**
 * What becomes of the cookie by which a sticky balancer knows its client. `on`: it is sent, as a browser does.
 * `off`: it never is. `re-pinned`: before each request another client's, so that the balancer sends it elsewhere.
 * `broken`: it is lost once, in the middle of the session.
 */
import type { Random } from '../workloads/random.ts';

export const AFFINITIES = ['on', 'off', 're-pinned', 'broken'] as const;
export type AffinityMode = (typeof AFFINITIES)[number];

/** @returns the cookie, and the other one by which the same balancer goes */
export const twinsOf = (cookie: string): string[] => [cookie, `${cookie}CORS`];

/** Values of other clients that are kept to be sent. */
const KEPT = 64;

interface Pair {
  name: string;
  value: string;
}

export class Affinity {
  readonly cookie: string;
  /** AWS sends its cookie twice, and goes by either: AWSALB and AWSALBCORS. */
  readonly twins: readonly string[];
  readonly mode: AffinityMode;
  readonly #random: Random;
  readonly #late: () => boolean;
  readonly #values: string[] = [];

  /**
   * @param cookie the balancer's
   * @param late whether the middle of the run has passed
   */
  constructor(cookie: string, mode: AffinityMode, random: Random, late: () => boolean) {
    this.cookie = cookie;
    this.twins = twinsOf(cookie);
    this.mode = mode;
    this.#random = random;
    this.#late = late;
  }

  /** A response has set a cookie. */
  saw({ name, value }: { name: string; value?: string }): void {
    if (name !== this.cookie || value === undefined || this.#values.includes(value)) return;
    this.#values.push(value);
    if (this.#values.length > KEPT) this.#values.shift();
  }

  /** @returns what is sent of a jar's cookies */
  sent(cookies: readonly Pair[]): readonly Pair[] {
    if (this.mode === 'on' || this.mode === 'broken') return cookies;
    const others = cookies.filter(({ name }) => !this.twins.includes(name));
    // A client without one gets its own first, to be swapped.
    if (this.mode === 're-pinned' && others.length === cookies.length) return others;
    const value = this.#values[this.#random.below(this.#values.length)];
    if (this.mode === 'off' || value === undefined) return others;
    return [...others, { name: this.cookie, value }];
  }

  /** @returns whether a client that has not lost its cookie yet is to lose it now */
  breaks(): boolean {
    return this.mode === 'broken' && this.#late();
  }
}
