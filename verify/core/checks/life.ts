/** Computes from the declared timeouts how long a session must live at least, and may live at most. */
import type { Declared, Operation } from '../history/history.ts';
import { timeoutTolerance } from '../timeline/sessions.ts';

export const TIMEOUTS = ['idle', 'absolute'] as const;
export type Timeout = (typeof TIMEOUTS)[number];

/** The declared timeouts, microseconds. */
export type Expiring = Pick<NonNullable<Declared['expiry']>, Timeout> &
  Required<Pick<NonNullable<Declared['expiry']>, 'renew'>>;

/** An early refusal counts as the end of a timeout if at least this share of the timeout had passed. */
const WAITED = 0.1;
/** After this share of a timeout, its end counts as near. */
const NEAR = 0.8;
/** A refusal before this multiple of a timeout counts as soon after the end of the timeout. */
const SOON = 1.25;

export class Life {
  readonly login: Operation;
  /** True if later operations of the session are not judged. */
  over = false;
  /** The last operation that may have renewed the idle timeout. */
  latest: Operation | undefined;
  readonly #declared: Expiring;
  /** The earliest possible time of the last renewal of the idle timeout. `#most`: the latest possible time. */
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

  /** Returns the longest time for which the timeout may have run before an operation, microseconds. */
  elapsed({ call }: Operation, timeout: Timeout): number {
    return call - this.#from(timeout);
  }

  /** @returns a timeout that had certainly passed when the request was sent; undefined if there is none */
  tooLate({ call }: Operation): Timeout | undefined {
    const { idle, absolute } = this.#declared;
    const born = this.login.return ?? Number.POSITIVE_INFINITY;
    if (absolute !== undefined && call > born + absolute + timeoutTolerance(absolute)) return 'absolute';
    if (idle !== undefined && call > this.#most + idle + timeoutTolerance(idle)) return 'idle';
    return undefined;
  }

  /** @returns the timeouts whose end was near when the request was sent */
  near(operation: Operation): Timeout[] {
    return this.#timeouts().filter(timeout => {
      const from = timeout === 'idle' ? this.#most : (this.login.return ?? Number.POSITIVE_INFINITY);
      return operation.call - from >= NEAR * this.declared(timeout);
    });
  }

  /**
   * Returns the timeouts that may have ended the session shortly before this request, which was refused. Undefined if
   * no timeout can have passed yet.
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

  /** @returns a timeout of which at least a tenth had passed; undefined if the session did not wait that long */
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
   * without a proper response may renew the timeout at any later time. After it, no success counts as too late.
   */
  take(operation: Operation, alive: boolean | undefined): void {
    const { idle, renew } = this.#declared;
    if (idle === undefined || !this.#mayRenew(operation, renew, idle)) return;
    const { call, return: end, status, outcome } = operation;
    const pending = end === undefined || status === undefined || outcome === 'info' || status >= 500;
    // With `half`, an operation certainly renews the timeout only if half of the timeout had passed since the latest
    // renewal.
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
