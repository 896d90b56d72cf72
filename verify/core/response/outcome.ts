import type { Outcome } from '../history/history.ts';

/**
 * Why a request has no usable response. `refused` and `certificate`: nothing was sent. `reset`: the connection broke.
 * `timeout`: no complete response. `aborted`: the run was stopped. `oversized`, `garbled`: the body is unusable.
 */
export type Failure = 'refused' | 'certificate' | 'reset' | 'timeout' | 'aborted' | 'oversized' | 'garbled';

export interface Answer {
  status?: number;
  failure?: Failure;
}

/** Statuses of a gateway whose servers failed. `$upstream_addr` of nginx may then name a group, not an instance. */
export const GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Statuses with which a correct app may refuse a request, because the app is overloaded, the page is outdated, and so
 * on.
 */
export const EXPLAINED: ReadonlySet<number> = new Set([408, 409, 412, 423, 425, 429]);

/** Decides whether an operation happened. @param safe true if the operation changes no data */
export function outcomeOf(answer: Answer, signedIn: 'in' | 'out' | undefined, safe: boolean): Outcome {
  if (answer.failure === 'refused' || answer.failure === 'certificate') return 'fail';
  if (answer.status === undefined || answer.failure !== undefined || answer.status >= 500) {
    return safe ? 'fail' : 'info';
  }
  if (signedIn === 'out' || answer.status >= 400) return 'fail';
  return 'ok';
}
