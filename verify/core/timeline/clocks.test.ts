import { describe, expect, it } from 'vitest';
import { Picture } from '../testing/picture.ts';
import { precedes } from './clocks.ts';

const at = (call: number, end: number | undefined, clock = 'c0', uncertainty?: number) => ({
  clock,
  call,
  ...(end === undefined ? {} : { return: end }),
  ...(uncertainty === undefined ? {} : { uncertainty }),
});

describe('precedes', () => {
  it('takes equal times for concurrent; an operation without return precedes nothing', () => {
    expect(precedes(at(0, 1), at(2, 3))).toBe(true);
    expect(precedes(at(0, 2), at(2, 3))).toBe(false);
    expect(precedes(at(0, undefined), at(2, 3))).toBe(false);
  });

  it('orders times of one clock exactly, however uncertain it is', () => {
    expect(precedes(at(0, 1, 'a', 5), at(2, 3, 'a', 5))).toBe(true);
    expect(precedes(at(0, 2, 'a', 5), at(2, 3, 'a', 5))).toBe(false);
  });

  it('orders times of two clocks only beyond their uncertainty', () => {
    expect(precedes(at(0, 1, 'a', 5), at(20, 30, 'b', 5))).toBe(true);
    expect(precedes(at(0, 11, 'a', 5), at(20, 30, 'b', 5))).toBe(false);
  });
});

describe('a history of two clocks', () => {
  const twoClocks = (apart: string, uncertainty: number) => {
    const picture = new Picture();
    picture.add({ type: 'clock', clock: 'c0', base: '2026-01-01T00:00:00.000Z', uncertainty: 0 });
    picture.add({ type: 'clock', clock: 'c1', base: apart, uncertainty });
    const session = picture.session('s1', 'alice').login('app-1').write('a', 'app-1').hops(30, ['a']);
    session.write('b', 'app-1');
    for (const event of picture.events.slice(-2)) if (event.type === 'start') event.clock = 'c1';
    session.read('app-2', ['a']);
    return picture.verdict('read-your-writes').judgement;
  };

  it('is judged on the first of them', () => {
    expect(twoClocks('2026-01-01T00:00:00.000Z', 0)).toBe('violated');
    // By the write's own clock, the write came one hour after the read, so the read need not show it.
    expect(twoClocks('2026-01-01T01:00:00.000Z', 0)).toBe('valid');
  });

  it('does not order operations within the uncertainty of the clocks', () => {
    expect(twoClocks('2026-01-01T00:00:00.000Z', 1_000_000)).toBe('valid');
  });
});
