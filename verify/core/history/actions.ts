import type { Action } from './history.ts';

/** Returns whether the action changes nothing, so that a client may send its request again. */
export const isSafe = (action: Action): boolean => action === 'read' || action === 'form';
