import { expect, it } from 'vitest';
import type { ObjectEvent, Operation } from '../history/history.ts';
import type { DueValue } from './read-facts.ts';
import { Sift, visibleIn } from './sift.ts';

it('values that a list may have cut off count as held, and a witness shows only what the list showed', () => {
  const added = (i: number): DueValue => {
    const end = { id: i, clock: 'c0', call: 10 * i, return: 10 * i + 5 } as Operation;
    return { value: `c.${i}`, add: { start: end, end } } as unknown as DueValue;
  };
  const due = Array.from({ length: 23 }, (_, i) => added(i));
  const held = { size: due.length, due: () => due, kept: () => [] };
  // The list shows the newest 20 values, except value 22. The app may have cut off values 0 and 1.
  const showed = due.slice(2, 22).map(({ value }) => value);
  const sift = new Sift({ kind: 'set' } as ObjectEvent, 'c.', { most: 20, cut: 0, cutTo: 0 });
  const read = {
    id: 99,
    clock: 'c0',
    call: 1000,
    return: 1005,
    saw: ['foreign', ...showed.slice(1)],
  } as Operation;
  expect(sift.read(read, held)).toBeUndefined();
  expect(visibleIn(read)).toEqual(showed.slice(1));
  expect(read.saw).toEqual([...showed.slice(1), 'c.0', 'c.1', 'c.2']);
});
