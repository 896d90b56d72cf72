import { describe, expect, it } from 'vitest';
import { burst, declared } from '../testing/bursts.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import type { Verdict } from '../verdict.ts';

const judged = (draw: (session: SessionPicture, picture: Picture) => void): Verdict => {
  const picture = new Picture();
  draw(picture.session('s1', 'alice').login('app-1'), picture);
  return picture.inTime().verdict('no-lost-updates');
};

const info = { outcome: 'info' as const, status: 504 };

/** Two adds, one on each instance, that overlap. */
const race = (session: SessionPicture, picture: Picture, a: string, b: string, second = {}): void => {
  const call = picture.now + 1000;
  session.write(a, 'app-1', { call, return: call + 500 });
  session.write(b, 'app-2', { call: call + 200, return: call + 700, ...second });
  picture.now += 1000;
};

describe('no-lost-updates', () => {
  it('is unknown of an empty history, without overlap, and without a read at the end', () => {
    expect(judged(() => {}).judgement).toBe('unknown');
    const sequential = judged(session => {
      for (let i = 0; i < 30; i++) session.write(`v${i}`, `app-${(i % 2) + 1}`);
      session.read('app-1', []);
    });
    expect(sequential).toMatchObject({ judgement: 'unknown', violations: 0 });
    expect(sequential.why).toContain('0 acknowledged adds overlapped one on another instance');
    const unread = judged((session, picture) => {
      for (let i = 0; i < 20; i++) race(session, picture, `a${i}`, `b${i}`);
    });
    expect(unread.judgement).toBe('unknown');
  });

  it('is valid when the final state has every add that raced', () => {
    const verdict = judged((session, picture) => burst(picture, session, 10));
    expect(verdict).toMatchObject({ judgement: 'valid', rests: { 'overlapping adds': 20 } });
  });

  it('is CLOBBER when one of two overlapping adds is gone, whatever passed before', () => {
    const verdict = judged((session, picture) => {
      const state = burst(picture, session, 10);
      race(session, picture, 'b41', 'b42');
      session.read('app-1', [...state, 'b42']);
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    const [anomaly] = verdict.anomalies;
    expect(anomaly?.witness.map(({ operation: { action, value }, came }) => [action, value, came])).toEqual([
      ['add', 'b41', 'acknowledged'],
      ['add', 'b42', 'acknowledged'],
      ['read', undefined, expect.stringContaining('"b41" is gone')],
    ]);
  });

  it('tells of a value that was there and was overwritten later', () => {
    const verdict = judged((session, picture) => {
      race(session, picture, 'a', 'b');
      session.read('app-1', ['a', 'b']);
      race(session, picture, 'c', 'd');
      session.read('app-2', ['b', 'c', 'd']);
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(verdict.anomalies[0]?.witness.map(step => step.came)).toContain('showed "a"');
  });

  it('counts increments', () => {
    const lost = (value: string) =>
      judged((session, picture) => {
        declared(picture, session, 'counter');
        burst(picture, session, 10, true);
        const call = picture.now;
        session.increment('app-1', { call, return: call + 500 });
        session.increment('app-2', { call, return: call + 500 });
        session.read('app-1', [value]);
      });
    expect(lost('22').judgement).toBe('valid');
    expect(lost('21')).toMatchObject({ judgement: 'violated', violations: 1 });
  });

  it('owes nothing of adds that were not acknowledged, removed, cleared, or beyond the cap', () => {
    const missing = (draw: (session: SessionPicture, picture: Picture) => void, more = {}) =>
      judged((session, picture) => {
        declared(picture, session, 'set', more);
        const state = burst(picture, session, 10);
        draw(session, picture);
        session.read('app-1', state);
      }).violations;
    expect(missing((s, p) => race(s, p, 'a', 'b'))).toBe(2);
    expect(missing((s, p) => race(s, p, 'a', 'b'), { cap: 21 })).toBe(0);
    expect(missing((s, p) => race(s, p, 'a', 'b', info))).toBe(1);
    expect(
      missing((s, p) => {
        race(s, p, 'a', 'b');
        s.remove('a', 'app-1', info).remove('b', 'app-2');
      }),
    ).toBe(0);
  });

  it('looks at the final state alone: a read while a write is under way owes nothing', () => {
    const verdict = judged((session, picture) => {
      const state = burst(picture, session, 10);
      race(session, picture, 'a', 'b');
      const call = picture.now;
      session.write('c', 'app-1', { call, return: call + 900 });
      session.read('app-1', state, { call: call + 100, return: call + 200 });
      picture.now += 2000;
      session.read('app-1', [...state, 'a', 'b', 'c']);
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('is unknown where continuity broke, and keeps what it saw before', () => {
    const broken = (final: string[]) =>
      judged((session, picture) => {
        burst(picture, session, 10);
        session.signedOut('app-2').ended();
        const other = picture.session('s2', 'bob').login('app-1');
        race(other, picture, 'a', 'b');
        other.read('app-1', final).ended();
      }).judgement;
    expect(broken(['a', 'b'])).toBe('unknown');
    expect(broken(['a'])).toBe('violated');
  });
});
