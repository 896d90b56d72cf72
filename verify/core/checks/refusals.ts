/**
 * Keeps the refusals of a live session. If a later response honours the session, the refusals were wrong and are
 * counted.
 */
import { isSafe } from '../history/actions.ts';
import type { Operation } from '../history/history.ts';
import type { Pair } from './pairs.ts';

/** Statuses that any instance may send, for example when it is overloaded. They are not counted as refusals. */
const BAD_TIME = new Set([408, 409, 412, 423, 425, 429, 502, 503, 504]);
/** Maximum number of refusals that are kept for one session until a later response honours it. */
export const PENDING = 8;

/** A refusal that is counted only if a later response honours the session. */
interface Pending {
  pair: Pair;
  kind: string;
  write: boolean;
  operation: Operation;
  before: Operation | undefined;
}

export interface Route {
  wrote: string;
  /** The instance that sent the last page. Another instance may wrongly refuse the form on this page. */
  page: string | undefined;
  pending: Pending[] | undefined;
}

/** Counts the kept refusals of a session as wrong, because this response shows that the session lives. */
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

/** Returns the kind of a refusal, such as `signed out` or `403`; undefined if the response is no refusal. */
export function kindOf({ signedIn, status }: Operation): string | undefined {
  if (signedIn === 'out') return 'signed out';
  if (status === undefined || status < 400 || BAD_TIME.has(status)) return undefined;
  return String(status);
}
