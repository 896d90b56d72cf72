/** Keeps the refusals of a session until a later response shows that the session lives. */
import { isSafe } from '../history/actions.ts';
import type { Operation } from '../history/history.ts';
import type { Pair } from './pairs.ts';

/** Statuses that any instance may send to a request that comes at a bad time, for example under overload. */
const BAD_TIME = new Set([408, 409, 412, 423, 425, 429, 502, 503, 504]);
/** Maximum number of refusals of a session that are kept until another instance honours the session. */
export const PENDING = 8;

/** A refusal. It becomes a difference when a later response honours the same session. */
interface Pending {
  pair: Pair;
  kind: string;
  write: boolean;
  operation: Operation;
  before: Operation | undefined;
}

export interface Route {
  /** The instance that served the login or the last write. */
  wrote: string;
  /** The instance that served the last page. Other instances may not know the form in it. */
  page: string | undefined;
  pending: Pending[] | undefined;
}

/** Counts the earlier refusals of a session as differences. Called when a response honours the session. */
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

/** Returns the kind of refusal that a response is; undefined if the response says nothing about the instance. */
export function kindOf({ signedIn, status }: Operation): string | undefined {
  if (signedIn === 'out') return 'signed out';
  if (status === undefined || status < 400 || BAD_TIME.has(status)) return undefined;
  return String(status);
}
