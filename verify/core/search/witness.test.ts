import { describe, expect, it } from 'vitest';
import type { ObjectKind, Operation } from '../history/history.ts';
import type { Placed } from '../timeline/clocks.ts';
import type { Entry, Segment } from './segments.ts';
import { judgeSegment, nonlinear } from './witness.ts';

type More = Partial<Operation> & Partial<Pick<Placed, 'uncertainty'>>;

const entry = (
  action: Operation['action'],
  call: number,
  more: More = {},
  of: Partial<Entry> = {},
): Entry => ({
  operation: {
    ...({ type: 'op', id: call, clock: 'c0', client: 'a', session: 's', user: 'u', request: 'r' } as const),
    ...({ action, call, return: call + 1, outcome: 'ok' } as const),
    ...more,
  },
  sure: true,
  late: false,
  ...of,
});
const add = (value: string, call: number, more: More = {}, of: Partial<Entry> = {}): Entry =>
  entry('add', call, { value, ...more }, of);
const read = (call: number, saw: string[], more: More = {}, of: Partial<Entry> = {}): Entry =>
  entry('read', call, { saw, ...more }, of);

const segment = (kind: ObjectKind, entries: readonly Entry[], more: Partial<Segment> = {}): Segment => ({
  object: { type: 'object', object: 'basket@s@1', kind },
  initial: undefined,
  from: undefined,
  entries,
  ...more,
});

const verdictOf = (...entries: Entry[]) => judgeSegment(segment('list', entries), { steps: 1e6 }).verdict;

describe('judgeSegment', () => {
  it('finds an order, or that there is none', () => {
    expect(verdictOf(add('a', 0), read(2, ['a']))).toBe('ok');
    expect(verdictOf(add('a', 0), read(2, []))).toBe('violated');
    const undecided = segment('counter', [
      ...Array.from({ length: 12 }, (_, i) => entry('increment', 0, { value: String(2 ** i) })),
      read(5, ['9999']),
    ]);
    expect(judgeSegment(undecided, { steps: 10 }).verdict).toBe('budget');
  });

  it('lets an operation that may have happened take effect at any later time, or never', () => {
    const maybe = add('a', 0, { outcome: 'info' }, { sure: false });
    expect(verdictOf(maybe, read(2, []), read(4, ['a']))).toBe('ok');
    expect(verdictOf(maybe, read(2, []), read(4, []))).toBe('ok');
    expect(verdictOf(maybe, read(2, ['a']), read(4, []))).toBe('violated');
  });

  it('calls a violation uncertain that only a late read proves', () => {
    expect(verdictOf(add('a', 0), read(2, [], {}, { late: true }))).toBe('late');
    expect(verdictOf(add('a', 0), read(2, []), read(4, [], {}, { late: true }))).toBe('violated');
  });

  it('calls a violation uncertain that the uncertainty of several clocks may explain', () => {
    const read2 = (uncertainty: number) => read(4, [], { clock: 'c1', uncertainty });
    expect(verdictOf(add('a', 0), read2(3))).toBe('clocks');
    expect(verdictOf(add('a', 0), read2(2))).toBe('violated');
    // With one clock, its uncertainty does not matter.
    expect(verdictOf(add('a', 0), read(4, [], { uncertainty: 9 }))).toBe('violated');
  });

  it('counts the steps of both searches', () => {
    const certain = judgeSegment(segment('list', [add('a', 0), read(2, [])]), { steps: 1e6 });
    const uncertain = judgeSegment(segment('list', [add('a', 0), read(2, [], { clock: 'c1' })]), {
      steps: 1e6,
    });
    expect([certain.steps, uncertain.steps]).toEqual([2, 4]);
  });
});

describe('nonlinear', () => {
  const shown = (of: Segment, isLate?: () => boolean) => {
    const { summary, witness, notes } = nonlinear(of, isLate);
    return { summary, notes, witness: witness.map(([operation, ...texts]) => [operation?.id, ...texts]) };
  };

  it('names the operations that prove the violation, what each showed, and the longest order', () => {
    const entries = [add('a', 0), add('b', 2), read(4, ['b'])];
    expect(shown(segment('set', entries))).toEqual({
      summary:
        'no order of the requests on basket@s explains every response, with each taking effect between its call and its return',
      notes: ['the longest order that explains the responses: add "a"'],
      witness: [
        [0, 'acknowledged', undefined],
        [4, 'saw [b]', 'a response that fits the state before it, [a]'],
      ],
    });
  });

  it('keeps everything if no time is left to shorten the proof, and then shows the last eight of many', () => {
    const few = Array.from({ length: 31 }, (_, i) => add(`v${i}`, 2 * i));
    const whole = (adds: Entry[]) => shown(segment('list', [...adds, read(900, [])]), () => true).witness;
    expect(whole(few)).toHaveLength(32);
    const many = [...few, add('last', 800)];
    expect(whole(many).map(([id]) => id)).toEqual([48, 50, 52, 54, 56, 58, 60, 800, 900].slice(-8));
  });

  it('begins with the read at which the segment was cut, if the proof needs the state that it showed', () => {
    const from = read(1, ['x']).operation;
    const cut = (kind: ObjectKind, initial: string[], ...entries: Entry[]) =>
      shown(segment(kind, entries, { initial, from })).witness;
    expect(cut('list', ['x'], read(3, []))).toEqual([
      [1, 'showed [x]'],
      [3, 'saw []', 'a response that fits the state before it, [x]'],
    ]);
    expect(cut('register', ['x'], read(3, ['y']))[0]).not.toEqual([1, 'showed x']);
    expect(cut('counter', ['5'], read(3, ['4']))).toEqual([
      [1, 'showed 5'],
      [3, 'saw 4', 'a response that fits the state before it, 5'],
    ]);
    // A read that lacks an acknowledged add is wrong in every state.
    expect(cut('list', ['x'], add('a', 3), read(5, ['x']))).toEqual([
      [3, 'acknowledged', undefined],
      [5, 'saw [x]', 'a response that fits the state before it, [x, a]'],
    ]);
  });

  it('says of an operation without an acknowledgement that it may have happened', () => {
    const unsure = add('a', 0, { outcome: 'info' }, { sure: false });
    const { witness } = nonlinear(segment('list', [unsure, read(2, [])]), () => true);
    expect(witness.map(([, came]) => came)).toEqual(['may have happened', 'saw []']);
  });
});
