/** A start line and its end line → one operation. */
import type { End, Operation, Start } from './history.ts';

/**
 * Takes from each line what it may say, and nothing else; both are left as they are.
 *
 * Field by field, since this runs for every write of a history: copying both objects takes several times as long.
 * `joined.test.ts` holds it to the fields of the parser.
 */
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
  if (start.object !== undefined) operation.object = start.object;
  if (start.value !== undefined) operation.value = start.value;
  if (start.expected !== undefined) operation.expected = start.expected;
  if (start.state !== undefined) operation.state = start.state;
  if (start.path !== undefined) operation.path = start.path;
  if (start.with !== undefined) operation.with = start.with;
  if (start.change !== undefined) operation.change = start.change;
  if (start.direct !== undefined) operation.direct = start.direct;
  if (start.steered !== undefined) operation.steered = start.steered;
  if (start.sent !== undefined) operation.sent = start.sent;
  if (end.return !== undefined) operation.return = end.return;
  if (end.status !== undefined) operation.status = end.status;
  if (end.note !== undefined) operation.note = end.note;
  if (end.instance !== undefined) operation.instance = end.instance;
  if (end.source !== undefined) operation.source = end.source;
  if (end.signedIn !== undefined) operation.signedIn = end.signedIn;
  shown(end, operation);
  return operation;
}

function shown(end: Omit<End, 'type'>, operation: Operation): void {
  if (end.sawUser !== undefined) operation.sawUser = end.sawUser;
  if (end.saw !== undefined) operation.saw = end.saw;
  if (end.canaries !== undefined) operation.canaries = end.canaries;
  if (end.cookies !== undefined) operation.cookies = end.cookies;
  if (end.version !== undefined) operation.version = end.version;
  if (end.skew !== undefined) operation.skew = end.skew;
  if (end.caching !== undefined) operation.caching = end.caching;
  if (end.exposed !== undefined) operation.exposed = end.exposed;
  if (end.resent !== undefined) operation.resent = end.resent;
  if (end.starved !== undefined) operation.starved = end.starved;
}
