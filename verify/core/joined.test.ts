import { expect, it } from 'vitest';
import type { End, Start } from './history.ts';
import { joined } from './joined.ts';
import { fullEnd as end, fullStart as start } from './testing/full.ts';

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
