/** Computes from the declared timeouts how long a session must live, and how long it may live. */
import type { Declared, Operation } from '../history/history.ts';
import { timeoutTolerance } from '../timeline/sessions.ts';

export const TIMEOUTS = ['idle', 'absolute'] as const;
export type Timeout = (typeof TIMEOUTS)[number];

/** The declared timeouts, microseconds. */
export type Expiring = Pick<NonNullable<Declared['expiry']>, Timeout> &
  Required<Pick<NonNullable<Declared['expiry']>, 'renew'>>;

/** A refusal is blamed on a timeout that came early if at least this share of the timeout had passed. */
const WAITED = 0.1;
/** A session counts as near the end of a timeout after this share of the timeout. */
const NEAR = 0.8;
/** A refusal counts as soon after the end of a timeout until this multiple of the timeout. */
const SOON = 1.25;

export class Life {
  readonly login: Operation;
  /** True if further operations of the session are not judged. */
  over = false;
  /** The last operation that may have renewed the idle timeout. */
  latest: Operation | undefined;
  readonly #declared: Expiring;
  /** The earliest time at which the idle timeout may have been renewed last. `#most`: the latest. */
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

  /** Returns how long the timeout may have run when the operation was sent, microseconds. */
  elapsed({ call }: Operation, timeout: Timeout): number {
    return call - this.#from(timeout);
  }

  /** @returns a timeout that had certainly ended when the request was sent; undefined if there is none */
  tooLate({ call }: Operation): Timeout | undefined {
    const { idle, absolute } = this.#declared;
    const born = this.login.return ?? Number.POSITIVE_INFINITY;
    if (absolute !== undefined && call > born + absolute + timeoutTolerance(absolute)) return 'absolute';
    if (idle !== undefined && call > this.#most + idle + timeoutTolerance(idle)) return 'idle';
    return undefined;
  }

  /** @returns the timeouts that were near their end when the request was sent */
  near(operation: Operation): Timeout[] {
    return this.#timeouts().filter(timeout => {
      const from = timeout === 'idle' ? this.#most : (this.login.return ?? Number.POSITIVE_INFINITY);
      return operation.call - from >= NEAR * this.declared(timeout);
    });
  }

  /** Returns the timeouts that ended soon before this refusal, and so explain it; undefined if none can have ended. */
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

  /** @returns a timeout of which at least a tenth may have passed; undefined if the session did not wait that long */
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
   * Updates the bounds with an operation that may have renewed the idle timeout, even if it was refused. A request
   * without a proper response may renew it at any later time, so no later success counts as too late.
   */
  take(operation: Operation, alive: boolean | undefined): void {
    const { idle, renew } = this.#declared;
    if (idle === undefined || !this.#mayRenew(operation, renew, idle)) return;
    const { call, return: end, status, outcome } = operation;
    const pending = end === undefined || status === undefined || outcome === 'info' || status >= 500;
    // With `half`, a request renews the timeout only after half of it has passed since the last renewal.
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
