/** Computes from the declared timeouts how long a session must live at least, and how long it may live at most. */
import { isSafe } from '../history/actions.ts';
import type { Operation } from '../history/history.ts';
import { type DeclaredTimeouts, timeoutTolerance } from '../timeline/timeouts.ts';

export const TIMEOUTS = ['idle', 'absolute'] as const;
export type Timeout = (typeof TIMEOUTS)[number];

/** Minimum wait of a refused session, as a share of the timeout. A shorter wait shows that the session was lost. */
const WAITED = 0.1;
const NEAR = 0.8;
/** Maximum wait, as a multiple of the timeout, after which a refusal still shows when the session ended. */
const SOON = 1.25;

export class Life {
  readonly login: Operation;
  /** True after the first refusal or violation. The session is then no longer judged. */
  over = false;
  latest: Operation | undefined;
  readonly #declared: DeclaredTimeouts;
  /** The earliest (`#least`) and the latest time (`#most`) of the last renewal of the idle timeout. */
  #least: number;
  #most: number;

  constructor(declared: DeclaredTimeouts, login: Operation) {
    this.#declared = declared;
    this.login = login;
    this.#least = login.call;
    this.#most = login.return ?? Number.POSITIVE_INFINITY;
  }

  declared(timeout: Timeout): number {
    return this.#declared[timeout] ?? Number.POSITIVE_INFINITY;
  }

  elapsed({ call }: Operation, timeout: Timeout): number {
    return call - this.#from(timeout);
  }

  tooLate({ call }: Operation): Timeout | undefined {
    const { idle, absolute } = this.#declared;
    const born = this.login.return ?? Number.POSITIVE_INFINITY;
    if (absolute !== undefined && call > born + absolute + timeoutTolerance(absolute)) return 'absolute';
    if (idle !== undefined && call > this.#most + idle + timeoutTolerance(idle)) return 'idle';
    return undefined;
  }

  near(operation: Operation): Timeout[] {
    return this.#timeouts().filter(timeout => {
      const from = timeout === 'idle' ? this.#most : (this.login.return ?? Number.POSITIVE_INFINITY);
      return operation.call - from >= NEAR * this.declared(timeout);
    });
  }

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

  /** Even a refused request may renew the timeout. A request without a response may renew it at any later time. */
  take(operation: Operation, alive: boolean | undefined): void {
    const { idle, renew = 'each' } = this.#declared;
    if (idle === undefined || !this.#mayRenew(operation, renew, idle)) return;
    const { call, return: end, status, outcome } = operation;
    const pending = end === undefined || status === undefined || outcome === 'info' || status >= 500;
    // With `renew: half`, only requests after half of the timeout renew it.
    const sure = renew !== 'half' || call >= this.#most + idle / 2 + timeoutTolerance(idle);
    this.#most = Math.max(this.#most, pending ? Number.POSITIVE_INFINITY : end);
    this.latest = operation;
    if (alive !== false && outcome === 'ok' && sure) this.#least = Math.max(this.#least, call);
  }

  #mayRenew({ action, return: end }: Operation, renew: DeclaredTimeouts['renew'], idle: number): boolean {
    if (renew === 'never') return false;
    if (renew === 'write') return !isSafe(action);
    if (renew === 'half')
      return (end ?? Number.POSITIVE_INFINITY) >= this.#least + idle / 2 - timeoutTolerance(idle);
    return true;
  }
}
