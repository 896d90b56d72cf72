/**
 * Decides which affinity cookie a client sends, that is, the cookie by which a sticky balancer pins it to an
 * instance. `on`: the client sends the cookie, like a browser. `off`: the client never sends the cookie. `re-pinned`:
 * the client sends each request with the cookie of another client, to reach another instance. `broken`: the client
 * loses the cookie once, in the middle of the run.
 */
import type { Random } from '../random.ts';

export const AFFINITIES = ['on', 'off', 're-pinned', 'broken'] as const;
export type AffinityMode = (typeof AFFINITIES)[number];

/** Returns the names of the affinity cookie and of the copy that AWS sets: `AWSALB` → `AWSALB` and `AWSALBCORS`. */
export const twinsOf = (cookie: string): string[] => [cookie, `${cookie}CORS`];

/**
 * Maximum number of affinity cookies to keep for the setting `re-pinned`, in which clients send cookies of other
 * clients.
 */
const KEPT = 64;

interface Pair {
  name: string;
  value: string;
}

export class Affinity {
  readonly cookie: string;
  /**
   * Names of the affinity cookie: two on AWS, which sets AWSALB and AWSALBCORS with the same value, and accepts either.
   */
  readonly twins: readonly string[];
  readonly mode: AffinityMode;
  readonly #random: Random;
  readonly #late: () => boolean;
  readonly #values: string[] = [];

  /**
   * @param cookie name of the balancer's cookie
   * @param late returns true in the second half of the run
   */
  constructor(cookie: string, mode: AffinityMode, random: Random, late: () => boolean) {
    this.cookie = cookie;
    this.twins = twinsOf(cookie);
    this.mode = mode;
    this.#random = random;
    this.#late = late;
  }

  /** Keeps the value of an affinity cookie that a response has set, so that other clients can send it. */
  saw({ name, value }: { name: string; value?: string }): void {
    if (name !== this.cookie || value === undefined || this.#values.includes(value)) return;
    this.#values.push(value);
    if (this.#values.length > KEPT) this.#values.shift();
  }

  /** Returns the cookies to send with a request. @param cookies all cookies of the jar */
  sent(cookies: readonly Pair[]): readonly Pair[] {
    if (this.mode === 'on' || this.mode === 'broken') return cookies;
    const others = cookies.filter(({ name }) => !this.twins.includes(name));
    // A client that has no affinity cookie yet sends none, so that the balancer sets one.
    if (this.mode === 're-pinned' && others.length === cookies.length) return others;
    const value = this.#values[this.#random.below(this.#values.length)];
    if (this.mode === 'off' || value === undefined) return others;
    return [...others, { name: this.cookie, value }];
  }

  /** Returns true if the setting is `broken` and the clients must lose their affinity cookie now. */
  breaks(): boolean {
    return this.mode === 'broken' && this.#late();
  }
}
