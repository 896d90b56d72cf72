/** Compares the decisions about linearizability with a brute-force search of every order, on random histories. */
import { describe, expect, it } from 'vitest';
import { share } from '../../../tests/share.ts';
import type { Action, ObjectKind } from '../history/history.ts';
import { linearizableByBruteForce } from '../testing/brute-force.ts';
import { type Drawn, drawHistory, drawing } from '../testing/random-history.ts';
import type { Interval } from './decision.ts';
import { decide, searched } from './linearizability.ts';

/** Number of random histories for each kind of object. */
const HISTORIES = share(4000);

const KINDS: readonly ObjectKind[] = ['register', 'counter', 'set', 'list', 'bag'];

const shown = ({ kind, initial, operations }: Drawn): string =>
  [
    `${kind} ${JSON.stringify(initial)}`,
    ...operations.map(o => `${o.call}..${o.return} ${JSON.stringify(o.operation)}`),
  ].join('\n');

const CASES: readonly { name: string; kind: ObjectKind; writes?: readonly Action[] }[] = [
  ...KINDS.map(kind => ({ name: kind, kind })),
  {
    name: 'list that is extended, replaced and emptied',
    kind: 'list',
    writes: ['add', 'add', 'set', 'clear'],
  },
];

describe.each(CASES)('on a $name', ({ kind, writes }) => {
  it('all ways to decide agree on random histories', () => {
    const found = { linearizable: 0, not: 0 };
    for (let seed = 0; seed < HISTORIES; seed++) {
      const draw = drawing(seed * 5 + KINDS.indexOf(kind));
      const drawn = drawHistory(kind, 1 + draw(7), draw(2) > 0, draw, writes);
      const { initial, operations } = drawn;
      const truth = linearizableByBruteForce(kind, initial, operations) ? 'ok' : 'violated';
      for (const judge of [decide, searched]) {
        const got = judge(kind, initial, operations);
        if (got.verdict !== truth)
          expect.fail(`seed ${seed}: ${judge.name} says ${got.verdict}, expected ${truth}\n${shown(drawn)}`);
        if (got.verdict === 'violated') checkPrefix(drawn, got.placed, judge === searched);
      }
      found[truth === 'ok' ? 'linearizable' : 'not']++;
    }
    // The comparison proves something only if both linearizable and non-linearizable histories occur.
    expect(Math.min(found.linearizable, found.not)).toBeGreaterThan(HISTORIES / 10);
  }, 600_000);
});

/** Expects that the longest valid order is linearizable by itself. */
function checkPrefix({ kind, initial, operations }: Drawn, placed: readonly number[], any: boolean): void {
  if (!any) return;
  const prefix = placed.map(i => operations[i] as Interval);
  expect(new Set(placed).size).toBe(placed.length);
  expect(linearizableByBruteForce(kind, initial, prefix)).toBe(true);
}
