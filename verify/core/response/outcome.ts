import type { Outcome } from '../history/history.ts';
import type { Reply } from './reply.ts';

/** Statuses of a gateway whose servers failed. `$upstream_addr` of nginx may then name a group, not an instance. */
export const GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** Statuses with which a correct app may refuse a request, such as when it is overloaded or a page is outdated. */
export const EXPLAINED: ReadonlySet<number> = new Set([408, 409, 412, 423, 425, 429]);

/** Decides whether an operation happened. @param safe true if the operation changes no data */
export function outcomeOf(
  { status, failure }: Pick<Reply, 'status' | 'failure'>,
  signedIn: 'in' | 'out' | undefined,
  safe: boolean,
): Outcome {
  if (failure === 'unresolved' || failure === 'refused' || failure === 'certificate') return 'fail';
  if (status === undefined || failure !== undefined || status >= 500) return safe ? 'fail' : 'info';
  return signedIn === 'out' || status >= 400 ? 'fail' : 'ok';
}
