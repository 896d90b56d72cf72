import { describe, expect, it } from 'vitest';
import type { ObjectKind } from '../history/history.ts';
import type { Verdict } from '../result/verdict.ts';
import { declared } from '../testing/bursts.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const judged = (kind: ObjectKind, draw: (session: SessionPicture, picture: Picture) => void): Verdict => {
  const picture = new Picture();
  const session = picture.session('s1', 'alice').login('app-1');
  declared(picture, session, kind, { initial: [] });
  draw(session, picture);
  return picture.inTime().verdict('at-most-once');
};

const info = { outcome: 'info' as const, status: 504 };

/** Adds one value ten times on app-1, and reads on app-2 after each add. */
const good = (session: SessionPicture): void => {
  for (let i = 1; i <= 10; i++) session.write('a', 'app-1').read('app-2', Array(i).fill('a'));
};

describe('at-most-once', () => {
  it('is unknown for an empty history, and for sets and lists, which cannot show a second effect', () => {
    expect(judged('bag', () => {}).judgement).toBe('unknown');
    for (const kind of ['set', 'list'] as const) {
      const verdict = judged(kind, session => {
        for (let i = 1; i <= 20; i++) session.write(`v${i}`, 'app-1').read('app-2', [`v${i}`]);
      });
      expect(verdict.judgement).toBe('unknown');
      expect(verdict.why).toContain('give the target file a probe that counts');
    }
  });

  it('is unknown for too few adds, and for adds that are read on the same instance only', () => {
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

  it('allows for adds that may have happened, or are in flight', () => {
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

  it('says how much it rests on, and what that rules out', () => {
    expect(verdictText(judged('bag', good))).toMatchInlineSnapshot(`
      "valid
      at most 26 % of adds take effect twice
      rests on adds counted 10, on another instance 10"
    `);
    const nine = judged('bag', session => {
      for (let i = 1; i <= 9; i++) session.write('a', 'app-1').read('app-2', Array(i).fill('a'));
      session.write('a', 'app-1', { instance: undefined }).read('app-2', Array(10).fill('a'));
      session.write('a', 'app-1').read('app-2', Array(11).fill('a'), { instance: undefined });
    });
    expect(verdictText(nine)).toMatchInlineSnapshot(`
      "unknown
      why: 9 acknowledged adds to a bag or counter with a read on another instance, 10 are needed: give the target file a probe that counts, run at least two instances, or run for longer
      rests on adds counted 11, on another instance 9"
    `);
    const set = judged('set', session => session.write('a', 'app-1').read('app-2', ['a', 'a']));
    expect(verdictText(set)).toMatchInlineSnapshot(`
      "unknown
      why: a set or a list without repeats cannot show that an add took effect twice: give the target file a probe that counts (\`kind: bag\` or \`counter\`)
      rests on adds counted 0, on another instance 0"
    `);
    const both = judged('set', (session, picture) => {
      session.write('a', 'app-1').read('app-2', ['a']);
      const other = picture.session('s2', 'bob').login('app-1');
      declared(picture, other, 'bag').session('s2', 'bob').write('b', 'app-1').read('app-2', ['b']);
    });
    expect(both.why).toMatch(/^1 acknowledged add to a bag or counter/);
  });

  it('shows the adds of the value, those that may have happened, and the read before them', () => {
    const bag = judged('bag', session => {
      session.write('a', 'app-1').write('b', 'app-1').read('app-2', ['a', 'b']);
      session.write('a', 'app-1', info).write('b', 'app-2').write('a', 'app-1');
      session.read('app-1', ['a', 'b', 'a', 'a', 'b', 'a']);
    });
    expect(verdictText(bag)).toMatchInlineSnapshot(`
      "violated, 1
      at least 1 add took effect twice
      rests on adds counted 4, on another instance 3
      DOUBLE at-most-once s1 alice: a value is there more often than it was added: an add took effect twice
        #4 read on app-2: saw [a, b]
        #5 add a info: may have happened
        #7 add a on app-1: acknowledged
        #8 read on app-1: expected "a" 3 times at most; came "a" 4 times"
    `);
    const many = judged('bag', session => {
      for (let i = 0; i < 6; i++) session.write('a', 'app-1');
      session.read('app-2', Array(7).fill('a'));
    });
    expect(stories(many)).toMatchInlineSnapshot(`
      "DOUBLE at-most-once s1 alice: a value is there more often than it was added: an add took effect twice
        #4 add a on app-1: acknowledged
        #5 add a on app-1: acknowledged
        #6 add a on app-1: acknowledged
        #7 add a on app-1: acknowledged
        #8 read on app-2: expected "a" 6 times at most; came "a" 7 times"
    `);
    const counter = judged('counter', session => {
      session.increment('app-1').increment('app-2', info).read('app-2', ['3']).read('app-1', ['3']);
      session.change('increment', '4', 'app-1').read('app-1', ['7']).read('app-2', ['8']);
    });
    expect(stories(counter)).toMatchInlineSnapshot(`
      "DOUBLE at-most-once s1 alice: the counter is higher than all increments together: one took effect twice
        #2 increment on app-1: acknowledged
        #3 increment info: may have happened
        #4 read on app-2: expected 2 at most; came 3
      DOUBLE at-most-once s1 alice: the counter is higher than all increments together: one took effect twice
        #7 read on app-1: saw [7]
        #8 read on app-2: expected 7 at most; came 8"
    `);
  });

  it('begins with the initial state of the object, and reports a value without an add', () => {
    const begun = (kind: ObjectKind, initial: string[], saw: string[]) => {
      const picture = new Picture();
      const session = picture.session('s1', 'alice').login('app-1');
      declared(picture, session, kind, { initial });
      session.read('app-1', saw);
      return picture.verdict('at-most-once').violations;
    };
    expect([
      begun('bag', ['a', 'a', 'b'], ['a', 'a', 'b']),
      begun('bag', ['a', 'a'], ['a', 'a', 'a']),
    ]).toEqual([0, 1]);
    // A value that no client of the run added may come from another program. It is a violation only if a read shows the
    // value twice.
    expect([begun('bag', [], ['a']), begun('bag', [], ['a', 'a'])]).toEqual([0, 1]);
    expect([
      begun('counter', ['5'], ['5']),
      begun('counter', ['5'], ['6']),
      begun('counter', [], ['1']),
    ]).toEqual([0, 1, 1]);
    expect([
      begun('counter', [], []),
      begun('register', ['a'], ['a', 'a']),
      begun('set', [], ['a', 'a']),
    ]).toEqual([0, 0, 0]);
  });

  it('does not judge a counter that is decremented, and counts the values that a bag is set to', () => {
    const bag = (draw: (session: SessionPicture) => void) =>
      judged('bag', session => {
        draw(session);
        session.read('app-2', ['a', 'a', 'a']);
      }).violations;
    expect(bag(s => s.write('a', 'app-1'))).toBe(1);
    expect(bag(s => s.write('a', 'app-1').change('set', 'x', 'app-1'))).toBe(1);
    expect(bag(s => s.write('a', 'app-1').change('remove', 'a', 'app-1').change('clear', '', 'app-1'))).toBe(
      1,
    );
    const counter = (by: string) =>
      judged('counter', s => s.change('increment', by, 'app-1').read('app-2', ['9'])).violations;
    expect(['1', '0', '9', '-1', 'x'].map(counter)).toEqual([1, 1, 0, 0, 0]);
  });

  it('knows the sum again after a counter was set or cleared, unless that overlapped another change', () => {
    const counter = (saw: string, shown = {}) =>
      judged('counter', (s, p) => {
        s.change('increment', '4', 'app-1').change('set', '2', 'app-1', shown).increment('app-1');
        p.wait(10_000);
        s.read('app-2', [saw]);
      }).violations;
    expect([counter('3'), counter('4')]).toEqual([0, 1]);
    expect(counter('9', { outcome: 'info', status: 504 })).toBe(0);
    const cleared = (saw: string) =>
      judged('counter', s => s.increment('app-1').change('clear', '', 'app-1').read('app-2', [saw]))
        .violations;
    expect([cleared('0'), cleared('1')]).toEqual([0, 1]);
  });

  it('takes what a counter shows before its first write as its value before the run', () => {
    const begun = (saw: string[], more: object = {}) => {
      const picture = new Picture();
      const session = picture.session('s1', 'alice').login('app-1');
      declared(picture, session, 'counter', more);
      session.read('app-1', saw).increment('app-1').read('app-2', ['43']);
      return picture.verdict('at-most-once').violations;
    };
    expect([begun(['42']), begun(['41'])]).toEqual([0, 1]);
    expect(begun([], { initial: ['0'] })).toBe(1);
  });

  it('counts acknowledged adds with a read of a live session after them, and nothing else', () => {
    const { rests } = judged('bag', (session, picture) => {
      session.write('a', 'app-1').write('b', 'app-1', { outcome: 'fail', status: 409 }).read('app-2', ['a']);
      session.remove('a', 'app-1').asks('app-2').read('app-2', []);
      session.write('c', 'app-1').signedOut('app-2').write('d', 'app-1').read('app-2', ['c', 'd']).ended();
      picture.session('s1', 'alice').login('app-1').read('app-2', []).ended();
      picture.session('s2', 'bob').write('a', 'app-1').login('app-1').read('app-2', ['a']);
    });
    expect(rests).toEqual({ 'adds counted': 1, 'on another instance': 1 });
  });
});
