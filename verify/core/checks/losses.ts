/** Describes a lost session for the report: what happened, with the requests that prove it. */
import type { Operation } from '../history/history.ts';
import { MOST_BYTES, tooLarge } from '../timeline/session-jar.ts';
import { deletedCookie, type SessionState } from '../timeline/sessions.ts';
import { type Violation, violation } from './framework.ts';

export function lossOf(operation: Operation, session: SessionState): Violation {
  const { login, last, replaced, dropped } = session;
  const used = last === login ? undefined : last;
  const loss = violation(
    summaryOf(operation, last ?? login),
    [login, 'logged in'],
    [used, used?.signedIn === 'in' ? 'signed in' : 'acknowledged'],
    [operation, cameOf(operation), `signed in as ${operation.user}`],
  );
  const notes = [
    ...(replaced === undefined ? [] : [replacedNote(replaced)]),
    ...(dropped === undefined ? [] : [droppedNote(dropped)]),
  ];
  return { ...loss, notes };
}

function cameOf(operation: Operation): string {
  if (operation.signedIn === 'out') return 'signed out';
  return `deleted the cookie ${deletedCookie(operation)}`;
}

function summaryOf(operation: Operation, last: Operation | undefined): string {
  const there = operation.instance ?? 'an instance';
  if (cameOf(operation) !== 'signed out')
    return `${there} ${cameOf(operation)}, although the user had not logged out`;
  if (last?.instance === undefined || last.instance === operation.instance) {
    return `${there} did not know the session any more, although the user had not logged out`;
  }
  return `${last.instance} knew the session, ${there} did not, although the user had not logged out`;
}

const replacedNote = ({ instance, cookies, note }: Operation): string =>
  `${instance ?? 'a response'} replaced the cookie ${cookies?.find(({ change }) => change === 'set')?.name} ` +
  `(${note ?? 'without showing who is signed in'}): from then on the client sends the new one`;

function droppedNote(operation: Operation): string {
  const { name, attributes } = tooLarge(operation) ?? {};
  const where = operation.instance ?? 'a response';
  return (
    `${where} set the cookie ${name} with ${attributes?.bytes} bytes: clients drop a cookie of more than ` +
    `${MOST_BYTES} bytes, so they lose the data in it`
  );
}
