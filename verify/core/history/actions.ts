/** Says what an action may change. No other file decides this. */
import type { Action } from './history.ts';

/** Returns whether the action changes nothing, so that its request may be sent again. */
export const isSafe = (action: Action): boolean => action === 'read' || action === 'form';
