/**
 * Joins the lines of an operation. Generated from fields.ts by `vitest -u`, because code that names each field is
 * several times as fast as a loop.
 */
import type { End, Operation, Start } from './history.ts';

/** Makes one operation of a start line and an end line. Changes neither line. */
export function joined(start: Start, end: Omit<End, 'type'>): Operation {
  const operation: Operation = {
    type: 'op',
    id: start.id,
    clock: start.clock,
    client: start.client,
    session: start.session,
    user: start.user,
    action: start.action,
    request: start.request,
    call: start.call,
    outcome: end.outcome,
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
  if (start.late !== undefined) operation.late = start.late;
  if (start.sent !== undefined) operation.sent = start.sent;
  join(end, operation);
  return operation;
}

function join(end: Omit<End, 'type'>, operation: Operation): void {
  if (end.return !== undefined) operation.return = end.return;
  if (end.status !== undefined) operation.status = end.status;
  if (end.note !== undefined) operation.note = end.note;
  if (end.instance !== undefined) operation.instance = end.instance;
  if (end.source !== undefined) operation.source = end.source;
  if (end.cohort !== undefined) operation.cohort = end.cohort;
  if (end.signedIn !== undefined) operation.signedIn = end.signedIn;
  if (end.sawUser !== undefined) operation.sawUser = end.sawUser;
  if (end.saw !== undefined) operation.saw = end.saw;
  if (end.canaries !== undefined) operation.canaries = end.canaries;
  if (end.cookies !== undefined) operation.cookies = end.cookies;
  if (end.version !== undefined) operation.version = end.version;
  if (end.skew !== undefined) operation.skew = end.skew;
  if (end.caching !== undefined) operation.caching = end.caching;
  if (end.exposed !== undefined) operation.exposed = end.exposed;
  if (end.withheld !== undefined) operation.withheld = end.withheld;
  if (end.issued !== undefined) operation.issued = end.issued;
  if (end.lost !== undefined) operation.lost = end.lost;
  if (end.resent !== undefined) operation.resent = end.resent;
  if (end.starved !== undefined) operation.starved = end.starved;
}
