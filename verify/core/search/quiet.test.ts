import { describe, expect, it } from 'vitest';
import type { ObjectKind } from '../history/history.ts';
import type { ObjectOperation } from '../objects/models.ts';
import { drawHistory, drawing } from '../testing/random-history.ts';
import type { Interval } from './decision.ts';
import { searched } from './linearizability.ts';
import { quiet } from './quiet.ts';

/** Makes intervals that do not overlap, in the order of the operations. */
const inTurn = (operations: readonly ObjectOperation[]): Interval[] =>
  operations.map((operation, i) => ({ call: 10 * i, return: 10 * i + 5, operation }));

describe('quiet', () => {
  it.each<ObjectKind>(['register', 'set', 'list', 'bag'])(
    'confirms operations on a %s only if the search does',
    kind => {
      const found = { well: 0, left: 0 };
      for (let seed = 0; seed < 3000; seed++) {
        const draw = drawing(seed);
        const { initial, operations } = drawHistory(kind, 1 + draw(7), draw(2) > 0, draw);
        const calm = inTurn(operations.map(({ operation }) => operation));
        const well = quiet({ kind, initial, operations: calm });
        found[well ? 'well' : 'left']++;
        if (well) expect(searched(kind, initial, calm).verdict).toBe('ok');
      }
      expect(Math.min(found.well, found.left)).toBeGreaterThan(300);
    },
  );

  it('leaves operations that overlap, or are out of order, to the search', () => {
    const read: ObjectOperation = { action: 'read', saw: ['a'] };
    const [add, after] = inTurn([{ action: 'add', value: 'a' }, read]);
    const touching: Interval = { call: 5, return: 6, operation: read };
    expect(quiet({ kind: 'list', initial: [], operations: [add as Interval, after as Interval] })).toBe(true);
    expect(quiet({ kind: 'list', initial: [], operations: [add as Interval, touching] })).toBe(false);
    expect(quiet({ kind: 'list', initial: [], operations: [after as Interval, add as Interval] })).toBe(
      false,
    );
    expect(
      quiet({
        kind: 'list',
        initial: [],
        operations: [{ ...(add as Interval), return: Number.POSITIVE_INFINITY }],
      }),
    ).toBe(false);
    expect(
      quiet({
        kind: 'list',
        initial: [],
        operations: [{ call: 5, return: 4, operation: { action: 'add', value: 'a' } }],
      }),
    ).toBe(false);
  });

  it('leaves a set that shows a value twice to the search', () => {
    const operations: ObjectOperation[] = [
      { action: 'remove', value: 'a' },
      { action: 'read', saw: ['a'] },
    ];
    expect(quiet({ kind: 'set', initial: ['a', 'a'], operations: inTurn(operations) })).toBe(false);
    expect(quiet({ kind: 'bag', initial: ['a', 'a'], operations: inTurn(operations) })).toBe(true);
  });
});
