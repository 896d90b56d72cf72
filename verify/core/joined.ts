/** A start line and its end line → one operation. */
import type { End, Operation, Start } from './history.ts';

/** What each of the two lines may say; anything else in them is none of the operation's. */
const ofStart = ['object', 'value', 'expected', 'state', 'path', 'with', 'change', 'direct', 'sent'] as const;
const ofEnd = [
  'return',
  'status',
  'note',
  'instance',
  'source',
  'signedIn',
  'sawUser',
  'saw',
  'canaries',
  'cookies',
  'version',
  'skew',
  'caching',
  'exposed',
] as const;

/** Both lines are left as they are. */
export function joined(start: Start, end: Omit<End, 'type'>): Operation {
  const { id, clock, client, session, user, action, request, call } = start;
  const { outcome } = end;
  const operation: Operation = {
    type: 'op',
    id,
    clock,
    client,
    session,
    user,
    action,
    request,
    call,
    outcome,
  };
  for (const name of ofStart) take(operation, start, name);
  for (const name of ofEnd) take(operation, end, name);
  return operation;
}

function take<K extends keyof Operation>(to: Operation, from: Partial<Pick<Operation, K>>, name: K): void {
  const value = from[name];
  if (value !== undefined) to[name] = value as Operation[K];
}
