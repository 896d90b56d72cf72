import { describe, expect, it } from 'vitest';
import { keyOf, MODELS } from '../objects/models.ts';
import type { Interval } from './decision.ts';
import { decide, searched } from './linearizability.ts';

/** Makes an operation: `write(1, 3, 'a')` was called at 1 and returned at 3. */
const write = (call: number, end: number | undefined, value: string): Interval => ({
  call,
  return: end ?? Number.POSITIVE_INFINITY,
  operation: { action: 'add', value },
});
const read = (call: number, end: number, ...saw: string[]): Interval => ({
  call,
  return: end,
  operation: { action: 'read', saw },
});

describe('decide', () => {
  it('takes intervals as closed: operations that touch are concurrent', () => {
    expect(decide('set', [], [write(0, 5, 'a'), read(5, 6)]).verdict).toBe('ok');
    expect(decide('set', [], [write(0, 5, 'a'), read(6, 7)]).verdict).toBe('violated');
  });

  it('names the operation that has no place and the longest order before it', () => {
    // The read comes after both adds, but shows only one of the two values.
    const operations = [write(0, 1, 'a'), write(2, 3, 'b'), read(4, 5, 'a'), read(6, 7, 'a', 'b')];
    expect(searched('set', [], operations)).toMatchObject({
      verdict: 'violated',
      culprit: 2,
      placed: [0, 1],
    });
    expect(decide('set', [], operations)).toMatchObject({ verdict: 'violated' });
  });

  it.each<[string, string[] | undefined, Interval[], number | 'ok']>([
    ['an initial value, then a new one', ['i'], [read(0, 4, 'i'), write(3, 6, 'a'), read(5, 8, 'a')], 'ok'],
    ['an initial value after a new one', ['i'], [write(0, 2, 'a'), read(3, 5, 'a'), read(6, 8, 'i')], 2],
    ['nothing before the first value', undefined, [write(0, 9, 'a'), read(1, 2), read(3, 4, 'a')], 'ok'],
    ['nothing after a value', undefined, [write(0, 2, 'a'), read(3, 5, 'a'), read(6, 8)], 2],
    ['a value before its write', [], [read(0, 2, 'a'), write(3, 5, 'a')], 0],
    ['a value without a write', [], [write(0, 5, 'a'), read(1, 2, 'b')], 1],
    ['two values in turn', [], [write(0, 1, 'a'), write(0, 9, 'b'), read(2, 3, 'a'), read(4, 9, 'b')], 'ok'],
    ['two values twice', [], [write(0, 1, 'a'), write(2, 3, 'b'), read(4, 5, 'b'), read(6, 7, 'a')], 3],
    [
      'a value that is overwritten',
      [],
      [write(0, 1, 'a'), write(2, 3, 'b'), read(4, 5, 'a'), write(9, 9, 'c')],
      2,
    ],
    ['values with overlapping writes', [], [write(0, 9, 'a'), write(0, 9, 'b'), read(8, 9, 'b')], 'ok'],
    [
      'one value, then another',
      [],
      [write(0, 1, 'a'), read(2, 3, 'a'), write(4, 9, 'b'), read(8, 9, 'b')],
      'ok',
    ],
  ])('decides a register that shows %s', (_, initial, operations, expected) => {
    const decision = decide('register', initial, operations);
    expect(decision.verdict === 'violated' ? decision.culprit : decision.verdict).toBe(expected);
    expect(searched('register', initial, operations).verdict).toBe(expected === 'ok' ? 'ok' : 'violated');
  });

  it('gives up when it has no steps or no time left', () => {
    const counter = Array.from(
      { length: 24 },
      (_, i): Interval => ({
        call: 0,
        return: 100,
        operation: { action: 'increment', value: String(2 ** i) },
      }),
    );
    const hopeless = [...counter, read(200, 300, '-1')];
    expect(searched('counter', undefined, hopeless, { steps: 1000 })).toMatchObject({ verdict: 'unknown' });
    expect(searched('counter', undefined, hopeless, { steps: 1e9, isLate: () => true })).toMatchObject({
      verdict: 'unknown',
    });
  });

  it('takes few steps with many operations that were not acknowledged', () => {
    const unsure = Array.from({ length: 2000 }, (_, i) => write(i, undefined, `v${i}`));
    const reads = [read(5000, 5001, 'v7'), read(5002, 5003, 'v1999')];
    for (const judge of [decide, searched]) {
      expect(judge('register', [], [...unsure, ...reads]).verdict).toBe('ok');
      expect(judge('register', [], [...unsure, ...reads, read(5004, 5005, 'v7')]).verdict).toBe('violated');
    }
  });

  it('takes few steps with many equal operations at once', () => {
    const equal = Array.from(
      { length: 200 },
      (): Interval => ({ call: 0, return: 100, operation: { action: 'increment' } }),
    );
    expect(decide('counter', undefined, [...equal, read(200, 300, '200')]).verdict).toBe('ok');
    expect(decide('counter', undefined, [...equal, read(200, 300, '201')]).verdict).toBe('violated');
  });

  it('takes few steps with many clients on a list that is extended and replaced', () => {
    // In each round, 40 clients append one value each at the same time, a read shows these values, and an operation
    // replaces the list.
    const rounds = (last: (shown: string[]) => string[]): Interval[] =>
      Array.from({ length: 5 }, (_, round) => {
        const at = round * 1000;
        const values = Array.from({ length: 40 }, (_, i) => `${round}-${(i * 7) % 40}`);
        const state = [`first-${round}`];
        return [
          { call: at, return: at + 10, operation: { action: 'set' as const, state } },
          ...values.map((_, i) => write(at + 20, at + 600, `${round}-${i}`)),
          read(at + 20, at + 700, ...state, ...values.slice(0, 20)),
          read(at + 610, at + 700, ...state, ...(round === 4 ? last(values) : values)),
        ];
      }).flat();
    const limit = { steps: 20_000 };
    expect(
      decide(
        'list',
        [],
        rounds(values => values),
        limit,
      ).verdict,
    ).toBe('ok');
    expect(
      decide(
        'list',
        [],
        rounds(values => values.toReversed()),
        limit,
      ).verdict,
    ).toBe('violated');
  });

  it('decides a long history without recursion', () => {
    const long = Array.from({ length: 50_000 }, (_, i) => write(10 * i, 10 * i + 15, String(i % 7)));
    expect(searched('register', [], [...long, read(600_000, 600_001, String(49_999 % 7))]).verdict).toBe(
      'ok',
    );
  });
});

describe('models', () => {
  it('apply each operation to the state', () => {
    const ends = (kind: keyof typeof MODELS, ...operations: Interval['operation'][]) =>
      operations.reduce(
        (state, operation) => MODELS[kind].step(state, operation) ?? ['refused'],
        MODELS[kind].initial(),
      );
    const add = (value: string) => ({ action: 'add' as const, value });
    expect(ends('set', add('b'), add('a'), add('b'))).toEqual(['a', 'b']);
    expect(ends('bag', add('b'), add('a'), add('b'), { action: 'remove', value: 'b' })).toEqual(['a', 'b']);
    expect(ends('list', add('b'), add('a'), add('b'))).toEqual(['b', 'a', 'b']);
    expect(ends('list', add('b'), { action: 'clear' })).toEqual([]);
    expect(ends('list', { action: 'set', state: ['x', 'y'] }, add('z'))).toEqual(['x', 'y', 'z']);
    expect(ends('counter', { action: 'increment' }, { action: 'increment', value: '4' })).toEqual(['5']);
    expect(ends('register', { action: 'cas', expected: 'a', value: 'b' })).toEqual(['refused']);
    expect(MODELS.register.describe([])).toBe('unset');
    expect(MODELS.list.describe(['a', 'b'])).toBe('[a, b]');
    expect(keyOf(['a,b'])).not.toBe(keyOf(['a', 'b']));
  });
});
