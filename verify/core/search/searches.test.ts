import { describe, expect, it } from 'vitest';
import type { Operation } from '../history/history.ts';
import { Searches, type Searching } from './searches.ts';
import type { Entry, Segment } from './segments.ts';

/**
 * Returns a segment with `bits` concurrent increments by powers of two, and two reads that show `finals`. To prove that
 * the last read is impossible takes about bits × 2^(bits − 1) steps.
 */
function segment(name: string, bits: number, ...finals: number[]): Segment {
  const operation = (id: number, call: number, more: Partial<Operation>): Entry => ({
    operation: {
      ...({ type: 'op', id, clock: 'c0', client: `c${id}`, session: 's', user: 'u', request: 'r' } as const),
      ...({ action: 'increment', call, return: call + 100, outcome: 'ok' } as const),
      ...more,
    },
    sure: true,
    late: false,
  });
  const adds = Array.from({ length: bits }, (_, i) => operation(i, 0, { value: String(2 ** i) }));
  const reads = finals.map((final, i) =>
    operation(bits + i, 200 + 200 * i, { action: 'read', saw: [String(final)] }),
  );
  const object = { type: 'object', object: name, kind: 'counter', initial: ['0'] } as const;
  return {
    object: { ...object, initial: ['0'] },
    initial: ['0'],
    from: undefined,
    entries: [...adds, ...reads],
  };
}

const IMPOSSIBLE = 999_999;

/** Judges segments, then searches the undecided ones again. Returns what was reported, in order. */
function run(searching: Searching, ...segments: Segment[]) {
  const reported: string[] = [];
  const searches = new Searches(searching, ({ object }, verdict) =>
    reported.push(`${object.object} ${verdict}`),
  );
  for (const one of segments) searches.judge(one);
  const first = { ...searches.undecided };
  searches.ended();
  searches.again();
  return { reported, first, undecided: { ...searches.undecided } };
}

describe('Searches', () => {
  it('reports a segment at once if the first search decides it, and names the object of an undecided one', () => {
    const { reported, first, undecided } = run(
      { first: 100, steps: 0 },
      segment('easy@s', 3, 7),
      segment('wrong@s', 3, IMPOSSIBLE),
      segment('hard@s', 10, IMPOSSIBLE),
      segment('hard@s', 11, IMPOSSIBLE),
    );
    expect(reported).toEqual(['easy@s ok', 'wrong@s violated', 'hard@s budget', 'hard@s budget']);
    expect(first).toEqual({ 'hard@s': 2 });
    expect(undecided).toEqual(first);
  });

  it('halves the steps of the first search after each undecided segment, down to 10,000', () => {
    const hard = segment('hard@s', 16, IMPOSSIBLE);
    const needed = segment('needed@s', 11, IMPOSSIBLE);
    const verdict = (before: number, first: number): string | undefined =>
      run({ first, steps: 0 }, ...Array.from({ length: before }, () => hard), needed).reported.at(-1);
    // The segment needs more than 10,000 and fewer than 20,000 steps.
    expect(verdict(0, 20_000)).toBe('needed@s violated');
    expect(verdict(1, 40_000)).toBe('needed@s violated');
    expect(verdict(1, 20_000)).toBe('needed@s budget');
    const small = segment('small@s', 10, IMPOSSIBLE);
    expect(run({ first: 20_000, steps: 0 }, hard, hard, hard, small).reported.at(-1)).toBe(
      'small@s violated',
    );
  });

  it('searches the shortest segment first, and stops at the first violated one', () => {
    const wrong = [segment('long@s', 11, IMPOSSIBLE), segment('short@s', 9, IMPOSSIBLE)];
    expect(run({ first: 10 }, ...wrong)).toMatchObject({
      reported: ['long@s budget', 'short@s budget', 'short@s violated'],
      undecided: { 'long@s': 1 },
    });
    expect(run({ first: 10, allObjects: true }, ...wrong)).toMatchObject({
      reported: ['long@s budget', 'short@s budget', 'short@s violated', 'long@s violated'],
      undecided: {},
    });
  });

  it('searches nothing again after a violation that the first search found', () => {
    const { reported, undecided } = run(
      { first: 20 },
      segment('hard@s', 9, IMPOSSIBLE),
      segment('wrong@s', 1, IMPOSSIBLE),
    );
    expect(reported).toEqual(['hard@s budget', 'wrong@s violated']);
    expect(undecided).toEqual({ 'hard@s': 1 });
  });

  it('counts down the undecided segments of an object', () => {
    const twice = [segment('twice@s', 9, IMPOSSIBLE), segment('twice@s', 16, IMPOSSIBLE)];
    const { first, undecided } = run({ first: 10, steps: 3000, allObjects: true }, ...twice);
    expect([first, undecided]).toEqual([{ 'twice@s': 2 }, { 'twice@s': 1 }]);
  });

  it('stops when no time is left after the history, and ignores the time before its end', () => {
    const { reported } = run(
      { first: 2000, isLate: () => true },
      segment('first@s', 8, IMPOSSIBLE),
      segment('hard@s', 12, IMPOSSIBLE),
    );
    expect(reported).toEqual(['first@s violated', 'hard@s budget']);
  });
});
