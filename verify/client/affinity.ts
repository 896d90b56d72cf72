/**
 * Decides which affinity cookie a client sends. By this cookie, a sticky balancer pins a client to an instance. Mode
 * `on` sends the client's own cookie, `off` none, `re-pinned` another client's cookie with each request. In mode
 * `broken`, the client loses its cookie in the middle of the run.
 */
import type { Random } from '../random.ts';

export const AFFINITIES = ['on', 'off', 're-pinned', 'broken'] as const;
export type AffinityMode = (typeof AFFINITIES)[number];

/** Returns the names of the affinity cookie: AWS sets `AWSALB` and the copy `AWSALBCORS`. */
export const twinsOf = (cookie: string): string[] => [cookie, `${cookie}CORS`];

const KEPT = 64;

interface Pair {
  name: string;
  value: string;
}

export class Affinity {
  readonly cookie: string;
  readonly twins: readonly string[];
  readonly mode: AffinityMode;
  readonly #random: Random;
  readonly #late: () => boolean;
  readonly #values: string[] = [];

  /** @param late returns true in the second half of the run */
  constructor(cookie: string, mode: AffinityMode, random: Random, late: () => boolean) {
    this.cookie = cookie;
    this.twins = twinsOf(cookie);
    this.mode = mode;
    this.#random = random;
    this.#late = late;
  }

  /** Stores the value of an affinity cookie, so that other clients can send it. */
  saw({ name, value }: { name: string; value?: string }): void {
    if (name !== this.cookie || value === undefined || this.#values.includes(value)) return;
    this.#values.push(value);
    if (this.#values.length > KEPT) this.#values.shift();
  }

  /**
   * Returns the cookies to send.
   *
   * @param cookies all cookies of the jar
   */
  sent(cookies: readonly Pair[]): readonly Pair[] {
    if (this.mode === 'on' || this.mode === 'broken') return cookies;
    const others = cookies.filter(({ name }) => !this.twins.includes(name));
    // A client without an affinity cookie sends none, so that the balancer sets one.
    if (this.mode === 're-pinned' && others.length === cookies.length) return others;
    const value = this.#values[this.#random.below(this.#values.length)];
    if (this.mode === 'off' || value === undefined) return others;
    return [...others, { name: this.cookie, value }];
  }

  /** Returns true if the mode is `broken` and the client must lose its affinity cookie now. */
  breaks(): boolean {
    return this.mode === 'broken' && this.#late();
  }
}
