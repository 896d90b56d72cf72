import { describe, expect, it } from 'vitest';
import { Picture } from '../testing/picture.ts';
import { timeText } from './ages.ts';

const SECOND = 1_000_000;

describe('the ages that a run tried', () => {
  it('counts from the login, and only while the session lives', () => {
    const p = new Picture();
    const one = p.session('s1', 'alice').login('app-1');
    const born = p.now;
    one.read('app-1');
    p.now = born + 4 * SECOND;
    one.read('app-2');
    p.now = born + 5 * SECOND;
    one.read('app-1', [], { call: born + 5 * SECOND, return: born + 7 * SECOND });
    one.read('app-2', [], { call: born + 6 * SECOND, return: born + 6.5 * SECOND });
    p.now = born + 8 * SECOND;
    one.logout('app-1');
    p.now = born + 20 * SECOND;
    one.refuses('old', 'app-1');
    const { ages } = p.result().tally;
    const rounded = Object.entries(ages ?? {}).map(([what, time]) => [what, Math.round(time / SECOND)]);
    expect(Object.fromEntries(rounded)).toEqual({ used: 6, overlapped: 6, loggedOut: 8, rested: 4 });
  });

  it('has no ages without a session', () => {
    expect(new Picture().result().tally.ages).toBeUndefined();
  });

  it('names the idle timeout that no session outlived, and no other', () => {
    const remarks = (idle: number, absolute?: number): readonly string[] => {
      const expiry = { idle: idle * SECOND, ...(absolute && { absolute: absolute * SECOND }) };
      const p = new Picture({ declared: { expiry } });
      const one = p.session('s1', 'alice').login('app-1');
      p.now += 10 * SECOND;
      one.read('app-2');
      return p.result().remarks.filter(remark => remark.includes('not tried'));
    };
    expect(remarks(1_800)).toEqual([
      'not tried in 10 s: sessions older than their idle timeout of 30 min; a longer --duration tries them',
    ]);
    expect(remarks(9)).toEqual([]);
    expect(remarks(1_800, 1_800)).toEqual([]);
  });

  it.each([
    [1_800e6, '30 min'],
    [9_840_000, '9.8 s'],
    [3_600e6, '1 h'],
    [200_000, '0.2 s'],
    [14 * 86_400e6, '14 d'],
  ])('%i microseconds are %s', (time, text) => expect(timeText(time)).toBe(text));
});
