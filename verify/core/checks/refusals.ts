/** Keeps the refusals of a session, and counts a refusal as wrong if a later response honours the session. */
import { isSafe } from '../history/actions.ts';
import type { Operation } from '../history/history.ts';
import { EXPLAINED, GATEWAY } from '../response/outcome.ts';
import type { Pair } from './pairs.ts';

export const PENDING = 8;

interface Pending {
  pair: Pair;
  kind: string;
  write: boolean;
  operation: Operation;
  before: Operation | undefined;
}

export interface Route {
  wrote: string;
  /** The instance that sent the last page, with the form that the next write sends. */
  page: string | undefined;
  pending: Pending[] | undefined;
}

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

export function kindOf({ action, signedIn, status, outcome }: Operation): string | undefined {
  if (signedIn === 'out') return 'signed out';
  if (status === undefined || EXPLAINED.has(status) || GATEWAY.has(status)) return undefined;
  if (status < 300 && outcome === 'info' && !isSafe(action)) return `${status} (write not accepted)`;
  return status < 400 ? undefined : String(status);
}
