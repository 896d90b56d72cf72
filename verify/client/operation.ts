/** Joins the fields of a request and its response into an operation for the history. */
import type { Called, Operation, Returned } from '../core/history/history.ts';

/**
 * Joins request and response. Copies each field, because V8 reads an object from a spread or `Object.assign` slowly.
 */
export function operationOf(called: Called, returned: Returned): Operation {
  const { id, clock, client, session, user, action, request, call } = called;
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
    outcome: returned.outcome,
  };
  if (called.path !== undefined) operation.path = called.path;
  if (called.object !== undefined) operation.object = called.object;
  if (called.value !== undefined) operation.value = called.value;
  if (called.expected !== undefined) operation.expected = called.expected;
  if (called.state !== undefined) operation.state = called.state;
  if (called.with !== undefined) operation.with = called.with;
  if (called.change !== undefined) operation.change = called.change;
  if (called.direct !== undefined) operation.direct = called.direct;
  if (called.steered !== undefined) operation.steered = called.steered;
  if (called.late !== undefined) operation.late = called.late;
  if (called.sent !== undefined) operation.sent = called.sent;
  addReturned(operation, returned);
  return operation;
}

function addReturned(operation: Operation, returned: Returned): void {
  if (returned.return !== undefined) operation.return = returned.return;
  if (returned.status !== undefined) operation.status = returned.status;
  if (returned.note !== undefined) operation.note = returned.note;
  if (returned.instance !== undefined) operation.instance = returned.instance;
  if (returned.source !== undefined) operation.source = returned.source;
  if (returned.cohort !== undefined) operation.cohort = returned.cohort;
  if (returned.signedIn !== undefined) operation.signedIn = returned.signedIn;
  if (returned.sawUser !== undefined) operation.sawUser = returned.sawUser;
  if (returned.saw !== undefined) operation.saw = returned.saw;
  if (returned.canaries !== undefined) operation.canaries = returned.canaries;
  if (returned.cookies !== undefined) operation.cookies = returned.cookies;
  if (returned.version !== undefined) operation.version = returned.version;
  if (returned.skew !== undefined) operation.skew = returned.skew;
  if (returned.caching !== undefined) operation.caching = returned.caching;
  if (returned.exposed !== undefined) operation.exposed = returned.exposed;
  if (returned.withheld !== undefined) operation.withheld = returned.withheld;
  if (returned.issued !== undefined) operation.issued = returned.issued;
  if (returned.lost !== undefined) operation.lost = returned.lost;
  if (returned.resent !== undefined) operation.resent = returned.resent;
  if (returned.starved !== undefined) operation.starved = returned.starved;
}

/**
 * Corrects the instance of an operation. If the response to a direct request names no instance, the instance of the
 * address is recorded. A request to another host has no instance.
 */
export function nameServer(returned: Returned, path: string, address: string | undefined): void {
  if (!path.startsWith('/')) {
    delete returned.instance;
    delete returned.source;
  } else if (address !== undefined && returned.status !== undefined && returned.instance === undefined) {
    returned.instance = address;
    returned.source = 'address';
  }
}
