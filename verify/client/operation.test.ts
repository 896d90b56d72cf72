import { expect, it } from 'vitest';
import { CALLED, RETURNED } from '../core/history/fields.ts';
import type { Called, Returned } from '../core/history/history.ts';
import { operationOf } from './operation.ts';

it('an operation has every field of its request and of its response', () => {
  const filled = (fields: object) => Object.fromEntries(Object.keys(fields).map(name => [name, `a ${name}`]));
  const [called, returned] = [filled(CALLED), filled(RETURNED)];
  const operation = operationOf(called as unknown as Called, returned as unknown as Returned);
  expect(operation).toEqual({ type: 'op', ...called, ...returned });
});

it('an operation has no field that is absent from its request and its response', () => {
  const called: Called = {
    id: 1,
    clock: 'c0',
    client: 'c',
    session: 's',
    user: 'u',
    action: 'read',
    request: 'r-1',
    call: 5,
  };
  expect(Object.keys(operationOf(called, { outcome: 'ok' }))).toEqual([
    ...['type', 'id', 'clock', 'client', 'session', 'user', 'action', 'request', 'call', 'outcome'],
  ]);
});
