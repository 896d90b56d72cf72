import { expect, it } from 'vitest';
import type { End, Start } from './history.ts';
import { joined } from './joined.ts';

/** Every field that the two lines may have: the types make this list complete. */
const start: Required<Start> = {
  type: 'start',
  id: 1,
  clock: 'c0',
  client: 'c',
  session: 's',
  user: 'u',
  action: 'add',
  object: 'o@s',
  value: 'v',
  expected: 'e',
  state: ['x'],
  request: 'r',
  call: 1,
  path: '/p',
  with: 'old',
  change: 'cut',
  direct: true,
  sent: 'label',
};
const end: Required<End> = {
  type: 'end',
  id: 1,
  return: 2,
  outcome: 'ok',
  status: 200,
  note: '200',
  instance: 'app-1',
  source: 'header',
  signedIn: 'in',
  sawUser: 'u',
  saw: ['v'],
  canaries: [],
  cookies: [],
  version: 3,
  skew: 4,
  caching: {},
  exposed: [],
};

it('takes every field of both lines', () => {
  expect(joined(start, end)).toEqual({ ...start, ...end, type: 'op' });
});

it('takes nothing from a line that is not its own', () => {
  const strange = { ...start, saw: null, status: 'x' } as unknown as Start;
  const other = { id: 1, outcome: 'ok', session: 'other', value: 'other' } as unknown as End;
  const operation = joined(strange, other);
  expect(operation).toMatchObject({ session: 's', value: 'v' });
  expect(operation).not.toHaveProperty('saw');
  expect(operation).not.toHaveProperty('status');
});
