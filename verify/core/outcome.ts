/** How a request went, as far as HTTP tells. */
import type { Outcome } from './history.ts';

/**
 * refused: no connection, so nothing was sent. certificate: none either, since the server's certificate is not trusted. reset: it broke while a request was on it.
 * timeout: no (whole) answer in time. aborted: we gave up, since the run was stopped. oversized: we gave up, since its
 * body was too large. garbled: its body could not be decompressed.
 */
export type Failure = 'refused' | 'certificate' | 'reset' | 'timeout' | 'aborted' | 'oversized' | 'garbled';

export interface Answer {
  status?: number;
  failure?: Failure;
}

/**
 * The one place that decides whether an operation happened.
 *
 * @param answer the response's status, or why none came
 * @param signedIn whether it shows the session signed in
 * @param safe whether the operation changes nothing (a read that got no answer simply did not happen)
 * @returns `ok`, `fail` (certainly did not happen) or `info` (may have happened)
 */
export function outcomeOf(answer: Answer, signedIn: 'in' | 'out' | undefined, safe: boolean): Outcome {
  if (answer.failure === 'refused' || answer.failure === 'certificate') return 'fail';
  if (answer.status === undefined || answer.failure !== undefined || answer.status >= 500) {
    return safe ? 'fail' : 'info';
  }
  if (signedIn === 'out' || answer.status >= 400) return 'fail';
  return 'ok';
}
