import type { Action } from './history.ts';

/** Returns whether the action changes no data, so that a client can safely send its request again. */
export const isSafe = (action: Action): boolean => action === 'read' || action === 'form';
