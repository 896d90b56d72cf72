import { describe, expect, it } from 'vitest';
import type { ObjectKind } from '../history.ts';
import { declared } from '../testing/bursts.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import type { Verdict } from '../verdict.ts';

const judged = (kind: ObjectKind, draw: (session: SessionPicture, picture: Picture) => void): Verdict => {
  const picture = new Picture();
  const session = picture.session('s1', 'alice').login('app-1');
  declared(picture, session, kind);
  draw(session, picture);
  return picture.inTime().verdict('at-most-once');
};

const info = { outcome: 'info' as const, status: 504 };

/** Ten adds of one value, each read on the other instance. */
const good = (session: SessionPicture): void => {
  for (let i = 1; i <= 10; i++) session.write('a', 'app-1').read('app-2', Array(i).fill('a'));
};

describe('at-most-once', () => {
  it('is unknown of an empty history, and of sets and lists, which cannot show it', () => {
    expect(judged('bag', () => {}).judgement).toBe('unknown');
    for (const kind of ['set', 'list'] as const) {
      const verdict = judged(kind, session => {
        for (let i = 1; i <= 20; i++) session.write(`v${i}`, 'app-1').read('app-2', [`v${i}`]);
      });
      expect(verdict.judgement).toBe('unknown');
      expect(verdict.why).toContain('give the target file a probe that counts');
    }
  });

  it('is unknown of too few adds, and of adds read on one instance alone', () => {
    expect(judged('bag', session => session.write('a', 'app-1').read('app-2', ['a'])).judgement).toBe(
      'unknown',
    );
    const alone = judged('bag', session => {
      for (let i = 1; i <= 20; i++) session.write('a', 'app-1').read('app-1', Array(i).fill('a'));
    });
    expect(alone.judgement).toBe('unknown');
  });

  it('is valid when each add is there once', () => {
    expect(judged('bag', good)).toMatchObject({ judgement: 'valid', rests: { 'adds counted': 10 } });
    const counter = judged('counter', session => {
      for (let i = 1; i <= 10; i++) session.increment('app-1').read('app-2', [String(i)]);
    });
    expect(counter.judgement).toBe('valid');
  });

  it('is DOUBLE when a value is there more often than it was added', () => {
    const verdict = judged('bag', session => {
      good(session);
      session.write('b', 'app-1').read('app-2', [...Array(10).fill('a'), 'b', 'b']);
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(verdict.anomalies[0]?.witness.map(({ operation, came }) => [operation.action, came])).toEqual([
      ['add', 'acknowledged'],
      ['read', '"b" 2 times'],
    ]);
  });

  it('is DOUBLE when a counter is higher than all increments, and when a list repeats a value', () => {
    const counter = judged('counter', s =>
      s.increment('app-1').read('app-2', ['1']).increment('app-1').read('app-2', ['3']),
    );
    expect(counter).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(counter.anomalies[0]?.witness.map(step => step.came)).toEqual(['saw [1]', 'acknowledged', '3']);
    expect(judged('list', s => s.write('a', 'app-1').read('app-2', ['a', 'a'])).judgement).toBe('violated');
  });

  it('allows for adds that may have happened, or are under way', () => {
    const twice = ['a', 'a'];
    expect(
      judged('bag', s => s.write('a', 'app-1', info).write('a', 'app-2').read('app-1', twice)).violations,
    ).toBe(0);
    const open = judged('bag', s =>
      s
        .write('a', 'app-1', { call: 10_000, return: 10_500 })
        .write('a', 'app-2', { call: 11_000, return: 20_000 })
        .read('app-1', twice, { call: 12_000, return: 13_000 }),
    );
    expect(open.violations).toBe(0);
  });

  it('is unknown where continuity broke', () => {
    const lost = judged('bag', (session, picture) => {
      good(session);
      picture.session('s2', 'bob').login('app-1').signedOut('app-2');
    });
    expect(lost.judgement).toBe('unknown');
    expect(lost.why).toContain('continuity is broken in 1 session');
  });
});
