/**
 * Validates the most frequent lines of a history, field by field. Generated from fields.ts by `vitest -u`. The table in
 * fields.ts covers all lines and names the wrong field, but its lookups take as long as parsing the JSON.
 */
import type { End, Operation, Start } from './history.ts';

type Line = Readonly<Record<string, unknown>>;

const ACTION = new Set<unknown>([
  'form',
  'login',
  'logout',
  'logout-all',
  'read',
  'add',
  'remove',
  'set',
  'cas',
  'increment',
  'clear',
]);
const WITH = new Set<unknown>(['old', 'before-login', 'another', 'invented', 'forged', 'none']);
const OUTCOME = new Set<unknown>(['ok', 'fail', 'info']);
const SIGNED_IN = new Set<unknown>(['in', 'out']);

/** Returns true if the line is valid; false if the table must decide. */
export function isPlain(line: Line): boolean {
  switch (line['type']) {
    case 'op':
      return isCalled(line) && isReturned(line);
    case 'start':
      return isCalled(line);
    case 'end':
      return isCount(line['id']) && isReturned(line);
    default:
      return false;
  }
}

function isCalled(line: Line): boolean {
  return (
    isCount(line['id']) &&
    isText(line['clock']) &&
    isText(line['client']) &&
    isText(line['session']) &&
    isText(line['user']) &&
    ACTION.has(line['action']) &&
    mayBeText(line['object']) &&
    mayBeText(line['value']) &&
    mayBeText(line['expected']) &&
    mayBeTexts(line['state']) &&
    isText(line['request']) &&
    isTime(line['call']) &&
    mayBeText(line['path']) &&
    (line['with'] === undefined || WITH.has(line['with'])) &&
    mayBeText(line['change']) &&
    mayBeFlag(line['direct']) &&
    mayBeFlag(line['steered']) &&
    mayBeCount(line['late']) &&
    mayBeText(line['sent'])
  );
}

function isReturned(line: Line): boolean {
  return (
    mayBeTime(line['return']) &&
    OUTCOME.has(line['outcome']) &&
    mayBeCount(line['status']) &&
    mayBeText(line['note']) &&
    mayBeText(line['instance']) &&
    mayBeText(line['source']) &&
    mayBeText(line['cohort']) &&
    (line['signedIn'] === undefined || SIGNED_IN.has(line['signedIn'])) &&
    mayBeText(line['sawUser']) &&
    mayBeTexts(line['saw']) &&
    mayBeTexts(line['canaries']) &&
    line['cookies'] === undefined &&
    mayBeCount(line['version']) &&
    mayBeTime(line['skew']) &&
    line['caching'] === undefined &&
    line['exposed'] === undefined &&
    mayBeFlag(line['resent']) &&
    mayBeFlag(line['starved'])
  );
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTime = (value: unknown): boolean => Number.isSafeInteger(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const mayBeText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const mayBeFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';
const mayBeTime = (value: unknown): boolean => value === undefined || Number.isSafeInteger(value);
const mayBeCount = (value: unknown): boolean => value === undefined || isCount(value);

function mayBeTexts(value: unknown): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  for (const text of value) if (typeof text !== 'string') return false;
  return true;
}

/**
 * Makes one operation of a start line and its end line, from the fields that each of them may have. Changes neither
 * line.
 */
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
  if (end.resent !== undefined) operation.resent = end.resent;
  if (end.starved !== undefined) operation.starved = end.starved;
}
