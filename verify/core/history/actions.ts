import type { Action, Operation, Start } from './history.ts';

/** Returns whether the action changes no data, so that a client can safely send its request again. */
export const isSafe = (action: Action): boolean => action === 'read' || action === 'form';

/** Returns an operation that was started and may have happened, or may happen later. */
export const unfinished = (start: Start): Operation => ({ ...start, type: 'op', outcome: 'info' });
