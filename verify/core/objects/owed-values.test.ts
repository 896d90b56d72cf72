/**
 * Tests which overlapping adds must be in the final state of an object. The histories have adds, removals and clears.
 */
import { describe, expect, it } from 'vitest';
import { noLostUpdates } from '../checks/no-lost-updates.ts';
import { FaultLedger } from '../faults/ledger.ts';
import type { Action, ObjectEvent, Operation, Start } from '../history/history.ts';
import { runLine } from '../testing/picture.ts';
import { type SessionState, Sessions, type Standing } from '../timeline/sessions.ts';
import { Objects } from './objects.ts';
import type { TrackedObject } from './tracked-object.ts';

const NEVER = Number.POSITIVE_INFINITY;
/**
 * An operation with its call and end time. The default outcome is ok. The value of a read is the state that it showed.
 */
type Line = [action: Action, value: string, call: number, end: number, more?: Partial<Operation>];

/**
 * Replays the operations in order of time. Returns the values that the final state lacks, and the counts of the check
 * no-lost-updates.
 */
const judged = (more: Partial<ObjectEvent>, lines: Line[], final = true) => {
  const objects = new Objects('c');
  const object = 'basket@s';
  objects.event({ type: 'object', object, kind: 'set', ...more });
  objects.event({ type: 'phase', phase: final ? 'final' : 'load', clock: 'c0', at: 0 });
  const fold = noLostUpdates.start(runLine(), undefined, new FaultLedger({}), new Sessions(runLine()));
  const session = {} as SessionState;
  const moments = lines.flatMap(([action, value, call, end, change], i) => {
    const base = {
      id: i + 1,
      clock: 'c0',
      session: 's',
      user: 's',
      object,
      action,
      call,
      instance: `app-${(i % 2) + 1}`,
    };
    const start = { type: 'start', ...base, value } as unknown as Start;
    const operation = {
      type: 'op',
      outcome: 'ok',
      ...base,
      ...(action === 'read' ? { saw: value === '' ? [] : value.split(' ') } : { value }),
      ...(end === NEVER ? {} : { return: end }),
      ...change,
    } as unknown as Operation;
    const ended = () =>
      fold.ended?.(operation, { session, data: objects.ended(operation, true) } as unknown as Standing);
    if (action === 'read') return [{ at: end, run: ended }];
    return [
      { at: call, run: () => void objects.started(start) },
      ...(end === NEVER ? [] : [{ at: end, run: ended }]),
    ];
  });
  for (const { run } of moments.sort((a, b) => a.at - b.at)) run();
  const of = objects.sessionEnded({ session: 's', user: 's' })[0] as TrackedObject;
  const missing = of.lost().lost.map(({ value }) => value);
  fold.objectEnded?.(of);
  const { overlapping, crossed } = fold.counts();
  return { lost: missing, judged: overlapping, crossed };
};
const lost = (object: Partial<ObjectEvent>, ...lines: Line[]) => judged(object, lines).lost;
const info: Partial<Operation> = { outcome: 'info' };
const fail: Partial<Operation> = { outcome: 'fail' };
const pair: Line[] = [
  ['add', 'a', 0, 10],
  ['add', 'b', 5, 15],
];
const nothing: Line = ['read', '', 90, 91];

describe('an add that overlapped another request', () => {
  it('must be in the final state, if it was acknowledged', () => {
    expect(lost({}, ...pair, nothing)).toEqual(['a', 'b']);
    expect(lost({}, ...pair, ['read', 'a', 90, 91])).toEqual(['b']);
    expect(lost({}, ...pair, ['read', 'b a', 90, 91])).toEqual([]);
    expect(lost({}, ['add', 'a', 0, 10, info], ['add', 'b', 5, 15], nothing)).toEqual(['b']);
    expect(lost({}, ['add', 'a', 0, 10, fail], ['add', 'b', 5, 15], nothing)).toEqual(['b']);
  });

  it('overlaps another request also if only their end points are equal', () => {
    expect(lost({}, ['add', 'a', 0, 10], ['add', 'b', 10, 20], nothing)).toEqual(['a', 'b']);
    expect(lost({}, ['add', 'a', 0, 10], ['add', 'b', 11, 20], nothing)).toEqual([]);
    expect(lost({}, ['add', 'a', 0, 10], ['read', '', 5, 6], nothing)).toEqual(['a']);
    expect(lost({}, ['add', 'a', 0, 10], ['read', '', 10, 12], nothing)).toEqual(['a']);
    // This read began after the add had returned, so it does not overlap the add.
    expect(lost({}, ['add', 'a', 0, 10], ['read', '', 11, 12], nothing)).toEqual([]);
    expect(lost({}, ['add', 'x', 0, 30], ['add', 'a', 5, 10], ['add', 'b', 20, 25], nothing)).toEqual([
      'a',
      'b',
      'x',
    ]);
  });

  it('is counted if its rival was acknowledged, and as crossed if another instance served the rival', () => {
    const counts = (...lines: Line[]) => {
      const { judged: adds, crossed } = judged({}, lines);
      return [adds, crossed];
    };
    const there: Line = ['read', 'a b', 90, 91];
    expect(counts(...pair, there)).toEqual([2, 2]);
    expect(counts(...pair, nothing)).toEqual([2, 2]);
    expect(counts(['add', 'a', 0, 10], ['add', 'b', 5, 15, { instance: 'app-1' }], there)).toEqual([2, 0]);
    expect(counts(['add', 'a', 0, 10, { instance: undefined as never }], ['add', 'b', 5, 15], there)).toEqual(
      [2, 0],
    );
    expect(counts(['add', 'a', 0, 10, info], ['add', 'b', 5, 15], there)).toEqual([0, 0]);
    expect(counts(['remove', 'x', 0, 10], ['add', 'b', 5, 15], there)).toEqual([0, 0]);
    expect(counts(...pair, there, ['read', 'a b', 95, 96])).toEqual([2, 2]);
    expect(counts(['add', 'a', 0, 10], ['add', 'b', 11, 15], there)).toEqual([0, 0]);
  });
});

describe('an add need not be in the final state', () => {
  it('if a removal of it, or a replacement, overlapped or followed it', () => {
    for (const take of ['clear', 'set'] as const) {
      expect(lost({}, ...pair, [take, '', 20, 25], nothing), take).toEqual([]);
      expect(lost({}, ...pair, [take, '', 12, 25], nothing), take).toEqual([]);
      expect(lost({}, [take, '', 0, 20], ['add', 'a', 5, 10], nothing), take).toEqual([]);
      expect(
        lost({}, [take, '', 0, 4], ...pair.map(([a, v, c, e]): Line => [a, v, c + 5, e + 5]), nothing),
      ).toEqual(['a', 'b']);
    }
    expect(lost({}, ...pair, ['remove', 'a', 20, 25], nothing)).toEqual(['b']);
    expect(lost({}, ...pair, ['remove', 'a', 8, 25], nothing)).toEqual(['b']);
    expect(
      lost({}, ['remove', 'a', 0, 20], ...pair.map(([a, v, c, e]): Line => [a, v, c + 1, e + 1]), nothing),
    ).toEqual(['b']);
    expect(lost({}, ['remove', 'x', 0, 20], ['add', 'a', 5, 10], nothing)).toEqual(['a']);
    // The first of two removals ends before the add starts, and the second ends after it.
    expect(lost({}, ['remove', 'a', 0, 4], ['remove', 'a', 1, 9], ['add', 'a', 5, 20], nothing)).toEqual([]);
  });

  it('if a removal of it, or a replacement, may still take effect', () => {
    const later = pair.map(([a, v, c, e]): Line => [a, v, c + 30, e + 30]);
    expect(lost({}, ['remove', 'a', 0, 10, info], ...later, nothing)).toEqual(['b']);
    expect(lost({}, ['remove', 'a', 0, 10, fail], ...later, nothing)).toEqual(['a', 'b']);
    expect(lost({}, ['remove', 'a', 0, 10], ...later, nothing)).toEqual(['a', 'b']);
    for (const take of ['clear', 'set'] as const) {
      expect(lost({}, [take, '', 0, 10, info], ...later, nothing), take).toEqual([]);
      expect(lost({}, [take, '', 0, 10, fail], ...later, nothing), take).toEqual(['a', 'b']);
    }
  });

  it('above the app’s cap, or in a register', () => {
    expect(lost({ cap: 2 }, ...pair, nothing)).toEqual(['a', 'b']);
    expect(lost({ cap: 1 }, ...pair, nothing)).toEqual([]);
    expect(lost({ cap: 3, initial: ['x', 'y'] }, ...pair, nothing)).toEqual([]);
    expect(lost({ cap: 4, initial: ['x', 'y'] }, ...pair, nothing)).toEqual(['a', 'b']);
    expect(lost({ kind: 'register' }, ...pair, nothing)).toEqual([]);
  });
});

describe('the final state', () => {
  it('is what the last read after all writes, or of the final phase, shows', () => {
    const early: Line = ['read', '', 12, 13];
    expect(judged({}, [...pair, early], false).lost).toEqual([]);
    expect(judged({}, [...pair, early, ['read', 'a b', 80, 81]], false).lost).toEqual([]);
    expect(judged({}, [...pair, ['read', 'a b', 80, 81], ['add', 'c', 85, 86]], false).lost).toEqual([]);
    expect(judged({}, [...pair, nothing], false).lost).toEqual(['a', 'b']);
    expect(judged({}, [...pair, ['add', 'c', 20, NEVER], nothing], false).lost).toEqual([]);
    expect(judged({}, [...pair, ['add', 'c', 20, NEVER], nothing], true).lost).toEqual(['a', 'b']);
    expect(lost({}, ...pair)).toEqual([]);
  });

  it('must have the values of earlier final states: a set once, a bag as often as added', () => {
    const first: Line = ['read', 'a b', 20, 21];
    expect(lost({}, ...pair, first, nothing)).toEqual(['a', 'b']);
    expect(lost({}, ...pair, nothing, ['read', 'a b', 95, 96])).toEqual([]);
    const twice: Line[] = [...pair, ['add', 'a', 8, 16]];
    expect(lost({ kind: 'bag' }, ...twice, ['read', 'a b', 90, 91])).toEqual(['a']);
    expect(lost({ kind: 'bag' }, ...twice, ['read', 'a b a', 90, 91])).toEqual([]);
    expect(lost({ kind: 'set' }, ...twice, ['read', 'a b', 90, 91])).toEqual([]);
    // A read has shown the values `a` and `b`. Then `a` is added again without overlap, so a bag must have `a` twice.
    const again: Line[] = [...pair, first, ['add', 'a', 30, 35]];
    expect(lost({ kind: 'bag' }, ...again, ['read', 'a b', 90, 91])).toEqual(['a']);
    expect(lost({ kind: 'bag' }, ...again, ['read', 'a a b', 90, 91])).toEqual([]);
  });

  it('of a counter is the sum of the increments, or more', () => {
    const counter = (saw: string, ...lines: Line[]) =>
      lost({ kind: 'counter', initial: ['5'] }, ...lines, ['read', saw, 90, 91]);
    const two: Line[] = [
      ['increment', '2', 0, 10],
      ['increment', '3', 5, 15],
    ];
    expect([counter('9', ...two), counter('10', ...two), counter('11', ...two)]).toEqual([['10'], [], []]);
    const alone: Line[] = [
      ['increment', '2', 0, 10],
      ['increment', '3', 11, 15],
    ];
    expect(counter('6', ...alone)).toEqual([]);
    expect(counter('6', ['increment', '2', 0, 10, info], ['increment', '3', 5, 15])).toEqual(['8']);
    expect(counter('1', ...two, ['increment', '-1', 20, 25])).toEqual([]);
    expect(counter('1', ...two, ['clear', '', 20, 25])).toEqual([]);
    expect(counter('9', ...two, ['increment', '0', 20, 25])).toEqual(['10']);
    // The last increment returned at the moment when the read was called, so the read need not include it.
    expect(counter('6', ['increment', '1', 0, 10], ['increment', '3', 5, 90])).toEqual([]);
    expect(counter('5', ['increment', '1', 0, 10], ['increment', '3', 5, 90])).toEqual(['6']);
    // The read at time 20 showed the sum. A lower count later does not mean that one of these increments was lost.
    expect(counter('3', ...two, ['read', '10', 20, 21])).toEqual([]);
  });
});
