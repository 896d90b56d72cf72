/** What the checks of data share. */
import type { Action } from '../history.ts';

/** Whether the operation may change an object. */
export const changesData = ({ action }: { action: Action }): boolean =>
  action === 'add' ||
  action === 'remove' ||
  action === 'set' ||
  action === 'cas' ||
  action === 'increment' ||
  action === 'clear';
