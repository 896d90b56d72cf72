import { expect, it } from 'vitest';
import { filled, filledJson } from './form.ts';

const known = { user: 'ann', password: 'p1' };

it('fills in placeholders, and keeps those without a known value', () => {
  expect(
    filled({ a: '{user}', b: 'Dear {user}: {password}', c: 'none', d: '{csrf}', e: '{user}{csrf}' }, known),
  ).toEqual({ a: 'ann', b: 'Dear ann: p1', c: 'none', d: '{csrf}', e: 'ann{csrf}' });
});

it('fills in the texts of a JSON value at any depth, and whole texts by values', () => {
  const body = { who: '{user}', list: ['{password}', 7, null, true], items: '{items}' };
  expect(filledJson(body, known, { '{items}': ['x'] })).toEqual({
    who: 'ann',
    list: ['p1', 7, null, true],
    items: ['x'],
  });
});
