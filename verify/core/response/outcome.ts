/** Decides the outcome of an operation from its HTTP response. */
import type { Outcome } from '../history/history.ts';

/**
 * The reason why a request has no usable response. `refused`: no connection, so nothing was sent. `certificate`: the
 * server's certificate is not trusted, so nothing was sent. `reset`: the connection broke during the request.
 * `timeout`: no complete response came in time. `aborted`: the run was stopped. `oversized`: the body was too large.
 * `garbled`: the body could not be decompressed.
 */
export type Failure = 'refused' | 'certificate' | 'reset' | 'timeout' | 'aborted' | 'oversized' | 'garbled';

export interface Answer {
  status?: number;
  failure?: Failure;
}

/**
 * Decides whether an operation happened. No other code decides this.
 *
 * @param safe true if the operation changes no data. Without a response, such an operation counts as not happened
 */
export function outcomeOf(answer: Answer, signedIn: 'in' | 'out' | undefined, safe: boolean): Outcome {
  if (answer.failure === 'refused' || answer.failure === 'certificate') return 'fail';
  if (answer.status === undefined || answer.failure !== undefined || answer.status >= 500) {
    return safe ? 'fail' : 'info';
  }
  if (signedIn === 'out' || answer.status >= 400) return 'fail';
  return 'ok';
}
