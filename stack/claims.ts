/** What the card store claims less, by its session store: baton.yaml claims what redis-attributes keeps. */
import type { Guarantee } from '../verify/core/guarantees.ts';

/**
 * `connect-redis` writes whole sessions back: parallel changes undo each other, and a request in flight brings a
 * session that was logged out back to life.
 */
const NOT_KEPT: Readonly<Record<string, readonly Guarantee[]>> = {
  'connect-redis': ['no-lost-updates', 'linearizability', 'logout-final'],
};

/** @param store value of SESSION_STORE; undefined for the default */
export const notKept = (store: string | undefined): readonly Guarantee[] => NOT_KEPT[store ?? ''] ?? [];
