/**
 * Keeps the refusals of a live session until a later response honours the session, which shows that they were wrong.
 */
import { isSafe } from '../history/actions.ts';
import type { Operation } from '../history/history.ts';
import type { Pair } from './pairs.ts';

/** Any instance may send these statuses, for example when it is overloaded. */
const BAD_TIME = new Set([408, 409, 412, 423, 425, 429, 502, 503, 504]);
/** Maximum number of refusals of one session that wait for a later response. */
export const PENDING = 8;

/** A refusal that counts as a difference once a later response honours the session. */
interface Pending {
  pair: Pair;
  kind: string;
  write: boolean;
  operation: Operation;
  before: Operation | undefined;
}

export interface Route {
  wrote: string;
  /** The instance of the last page. Another instance may refuse the form on this page. */
  page: string | undefined;
  pending: Pending[] | undefined;
}

/** Counts the waiting refusals of a session, because a response shows that the session lives. */
export function confirm(operation: Operation, route: Route): void {
  if (route.pending === undefined) return;
  const write = !isSafe(operation.action);
  route.pending = route.pending.filter(refusal => {
    const other = refusal.operation.instance !== operation.instance || refusal.write;
    if (refusal.write !== write || !other) return true;
    refusal.pair.differs(refusal.kind, refusal.before, refusal.operation, operation);
    return false;
  });
  if (route.pending.length === 0) route.pending = undefined;
}

/** Returns the kind of a refusal, such as `signed out` or `403`; undefined if the response is none. */
export function kindOf({ signedIn, status }: Operation): string | undefined {
  if (signedIn === 'out') return 'signed out';
  if (status === undefined || status < 400 || BAD_TIME.has(status)) return undefined;
  return String(status);
}
