/** How long a session must live, and how long it may, by its declared timeouts: bounds, since renewal takes time. */
import type { Declared, Operation } from '../history.ts';
import { timeoutTolerance } from '../sessions.ts';

export type Timeout = 'idle' | 'absolute';

export interface Declaration {
  /** Microseconds. */
  idle: number | undefined;
  absolute: number | undefined;
  renew: NonNullable<NonNullable<Declared['expiry']>['renew']>;
}

/** Of a timeout: what has waited less of it was not waiting for it. */
const WAITED = 0.1;
/** Near its end, and soon after it. */
const NEAR = 0.8;
const SOON = 1.25;

export class Life {
  readonly login: Operation;
  /** Nothing more is judged of it. */
  over = false;
  /** The last operation that may have renewed the idle time. */
  latest: Operation | undefined;
  readonly #declared: Declaration;
  /** The idle time was renewed at this moment at the earliest, and at the other at the latest. */
  #least: number;
  #most: number;

  constructor(declared: Declaration, login: Operation) {
    this.#declared = declared;
    this.login = login;
    this.#least = login.call;
    this.#most = login.return ?? Number.POSITIVE_INFINITY;
  }

  declared(timeout: Timeout): number {
    return this.#declared[timeout] ?? Number.POSITIVE_INFINITY;
  }

  /** Time since what the timeout counts from, microseconds. */
  elapsed({ call }: Operation, timeout: Timeout): number {
    return call - (timeout === 'idle' ? this.#least : this.login.call);
  }

  /** @returns the timeout beyond which it certainly was when the operation was called */
  tooLate({ call }: Operation): Timeout | undefined {
    const { idle, absolute } = this.#declared;
    const born = this.login.return ?? Number.POSITIVE_INFINITY;
    if (absolute !== undefined && call > born + absolute + timeoutTolerance(absolute)) return 'absolute';
    if (idle !== undefined && call > this.#most + idle + timeoutTolerance(idle)) return 'idle';
    return undefined;
  }

  /** @returns the timeouts to whose end it lives nearly, when it is honoured */
  near(operation: Operation): Timeout[] {
    return this.#timeouts().filter(timeout => {
      const from = timeout === 'idle' ? this.#most : (this.login.return ?? Number.POSITIVE_INFINITY);
      return operation.call - from >= NEAR * this.declared(timeout);
    });
  }

  /**
   * Of a session that is refused: undefined when that is certainly too early, by every timeout.
   *
   * @returns the timeouts that may have ended it, of those that were asked for soon
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

  /** @returns the timeout of which a good part has passed; undefined when nobody had waited for one */
  waited(operation: Operation): Timeout | undefined {
    return this.#timeouts().find(
      timeout => this.elapsed(operation, timeout) >= WAITED * this.declared(timeout),
    );
  }

  #from(timeout: Timeout): number {
    return timeout === 'idle' ? this.#least : this.login.call;
  }

  #timeouts(): Timeout[] {
    return (['idle', 'absolute'] as const).filter(timeout => this.#declared[timeout] !== undefined);
  }

  /**
   * Subtle: an operation without a proper answer may still be under way, and renew at any later time; then nothing
   * is too late any more. One that the app refused may have renewed as well, but need not have.
   */
  take(operation: Operation, alive: boolean | undefined): void {
    const { idle, renew } = this.#declared;
    if (idle === undefined || !this.#mayRenew(operation, renew, idle)) return;
    const { call, return: end, status, outcome } = operation;
    const gone = end === undefined || status === undefined || outcome === 'info' || status >= 500;
    // By the latest it may have been renewed at, was half of it over? Only then is this one bound to renew it.
    const sure = renew !== 'half' || call >= this.#most + idle / 2 + timeoutTolerance(idle);
    this.#most = Math.max(this.#most, gone ? Number.POSITIVE_INFINITY : end);
    this.latest = operation;
    if (alive !== false && outcome === 'ok' && sure) this.#least = Math.max(this.#least, call);
  }

  #mayRenew({ action, return: end }: Operation, renew: Declaration['renew'], idle: number): boolean {
    if (renew === 'never') return false;
    if (renew === 'write') return action !== 'read' && action !== 'form';
    if (renew === 'half')
      return (end ?? Number.POSITIVE_INFINITY) >= this.#least + idle / 2 - timeoutTolerance(idle);
    return true;
  }
}
