/** Limits the number of concurrent logins, because passwords are slow to check. */

/**
 * Time that concurrent logins may need on one core, milliseconds. It is less than the deadline of a request, because
 * other work may slow the core.
 */
const TOGETHER = 4_000;
const LEAST = 2;

/**
 * Lets a login start if the logins in flight, one after the other, take less than 4 s. The fastest login so far tells
 * how long one takes. Of the waiting logins, those of different workloads start in turn.
 */
export class LoginTurns {
  #fastest = 0;
  #active = 0;
  /** Key: workload; value: its waiting logins. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /**
   * Waits until a login of the workload may start.
   *
   * @returns a function to call with the duration of the login, milliseconds; undefined if the login failed
   */
  async turn(workload: string): Promise<(duration: number | undefined) => void> {
    if (this.#active >= this.#most) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const queue = this.#waiting.get(workload);
      if (queue === undefined) this.#waiting.set(workload, [resolve]);
      else queue.push(resolve);
      await promise;
    } else this.#active++;
    return duration => {
      if (duration !== undefined && (this.#fastest === 0 || duration < this.#fastest))
        this.#fastest = duration;
      this.#active--;
      while (this.#active < this.#most && this.#startNext());
    };
  }

  get #most(): number {
    return Math.max(LEAST, Math.floor(TOGETHER / this.#fastest));
  }

  #startNext(): boolean {
    const [next] = this.#waiting;
    if (next === undefined) return false;
    const [workload, queue] = next;
    this.#waiting.delete(workload);
    queue.shift()?.();
    if (queue.length > 0) this.#waiting.set(workload, queue);
    this.#active++;
    return true;
  }
}
