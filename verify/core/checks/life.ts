/** Computes from the declared timeouts the shortest and the longest time for which a session may live. */
import type { Declared, Operation } from '../history/history.ts';
import { timeoutTolerance } from '../timeline/sessions.ts';

export const TIMEOUTS = ['idle', 'absolute'] as const;
export type Timeout = (typeof TIMEOUTS)[number];

/** The declared timeouts, microseconds. */
export type Expiring = Pick<NonNullable<Declared['expiry']>, Timeout> &
  Required<Pick<NonNullable<Declared['expiry']>, 'renew'>>;

/** Minimum share of a timeout that a refused session must have waited, to blame a timeout that came early. */
const WAITED = 0.1;
/** A timeout is near its end when at least this share of it has passed. */
const NEAR = 0.8;
/** A refusal comes soon after a timeout if at most this multiple of the timeout has passed. */
const SOON = 1.25;

export class Life {
  readonly login: Operation;
  /** True after the first refusal or violation. Later operations of the session are not judged. */
  over = false;
  /** The last operation that may have renewed the idle timeout. */
  latest: Operation | undefined;
  readonly #declared: Expiring;
  /** The idle timeout was last renewed between `#least` and `#most`. The exact time is not known. */
  #least: number;
  #most: number;

  constructor(declared: Expiring, login: Operation) {
    this.#declared = declared;
    this.login = login;
    this.#least = login.call;
    this.#most = login.return ?? Number.POSITIVE_INFINITY;
  }

  declared(timeout: Timeout): number {
    return this.#declared[timeout] ?? Number.POSITIVE_INFINITY;
  }

  /** Returns the longest time for which the timeout may have run when the operation was sent, microseconds. */
  elapsed({ call }: Operation, timeout: Timeout): number {
    return call - this.#from(timeout);
  }

  /** @returns a timeout that had certainly ended when the request was sent; undefined if no timeout had */
  tooLate({ call }: Operation): Timeout | undefined {
    const { idle, absolute } = this.#declared;
    const born = this.login.return ?? Number.POSITIVE_INFINITY;
    if (absolute !== undefined && call > born + absolute + timeoutTolerance(absolute)) return 'absolute';
    if (idle !== undefined && call > this.#most + idle + timeoutTolerance(idle)) return 'idle';
    return undefined;
  }

  /** @returns the timeouts of which at least 80 % had passed when the request was sent */
  near(operation: Operation): Timeout[] {
    return this.#timeouts().filter(timeout => {
      const from = timeout === 'idle' ? this.#most : (this.login.return ?? Number.POSITIVE_INFINITY);
      return operation.call - from >= NEAR * this.declared(timeout);
    });
  }

  /**
   * Returns the timeouts that ended soon before this refusal; none if they ended long before it. Undefined if
   * no timeout can have ended.
   */
  expired({ call, return: end = call }: Operation): Timeout[] | undefined {
    const due = this.#timeouts().filter(
      timeout =>
        end >= this.#from(timeout) + this.declared(timeout) - timeoutTolerance(this.declared(timeout)),
    );
    if (due.length === 0) return undefined;
    return due.filter(timeout => {
      const declared = this.declared(timeout);
      return call - this.#from(timeout) <= SOON * declared + timeoutTolerance(declared);
    });
  }

  /** @returns a timeout of which at least 10 % may have passed; undefined if the session hardly waited */
  waited(operation: Operation): Timeout | undefined {
    return this.#timeouts().find(
      timeout => this.elapsed(operation, timeout) >= WAITED * this.declared(timeout),
    );
  }

  #from(timeout: Timeout): number {
    return timeout === 'idle' ? this.#least : this.login.call;
  }

  #timeouts(): Timeout[] {
    return TIMEOUTS.filter(timeout => this.#declared[timeout] !== undefined);
  }

  /**
   * Updates when the idle timeout was renewed last. Even a refused request may renew it. A request without a
   * proper response may renew it at any later time: then no success counts as too late.
   */
  take(operation: Operation, alive: boolean | undefined): void {
    const { idle, renew } = this.#declared;
    if (idle === undefined || !this.#mayRenew(operation, renew, idle)) return;
    const { call, return: end, status, outcome } = operation;
    const pending = end === undefined || status === undefined || outcome === 'info' || status >= 500;
    // If the target declares `half`, a request renews the timeout only when at least half of it has passed.
    const sure = renew !== 'half' || call >= this.#most + idle / 2 + timeoutTolerance(idle);
    this.#most = Math.max(this.#most, pending ? Number.POSITIVE_INFINITY : end);
    this.latest = operation;
    if (alive !== false && outcome === 'ok' && sure) this.#least = Math.max(this.#least, call);
  }

  #mayRenew({ action, return: end }: Operation, renew: Expiring['renew'], idle: number): boolean {
    if (renew === 'never') return false;
    if (renew === 'write') return action !== 'read' && action !== 'form';
    if (renew === 'half')
      return (end ?? Number.POSITIVE_INFINITY) >= this.#least + idle / 2 - timeoutTolerance(idle);
    return true;
  }
}
