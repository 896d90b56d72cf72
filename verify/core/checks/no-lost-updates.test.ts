import { describe, expect, it } from 'vitest';
import type { Verdict } from '../result/verdict.ts';
import { burst, declared } from '../testing/bursts.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const judged = (draw: (session: SessionPicture, picture: Picture) => void): Verdict => {
  const picture = new Picture();
  draw(picture.session('s1', 'alice').login('app-1'), picture);
  return picture.inTime().verdict('no-lost-updates');
};

const info = { outcome: 'info' as const, status: 504 };

/** Sends two adds that overlap in time, one to each instance. */
const race = (session: SessionPicture, picture: Picture, a: string, b: string, second = {}): void => {
  const call = picture.now + 1000;
  session.write(a, 'app-1', { call, return: call + 500 });
  session.write(b, 'app-2', { call: call + 200, return: call + 700, ...second });
  picture.now += 1000;
};

describe('no-lost-updates', () => {
  it('is unknown for an empty history, without overlap, and without a read at the end', () => {
    expect(judged(() => {}).judgement).toBe('unknown');
    const sequential = judged(session => {
      for (let i = 0; i < 30; i++) session.write(`v${i}`, `app-${(i % 2) + 1}`);
      session.read('app-1', []);
    });
    expect(sequential).toMatchObject({ judgement: 'unknown', violations: 0 });
    expect(sequential.why).toContain('0 acknowledged adds overlapped an add on another instance');
    const unread = judged((session, picture) => {
      for (let i = 0; i < 20; i++) race(session, picture, `a${i}`, `b${i}`);
    });
    expect(unread.judgement).toBe('unknown');
  });

  it('is valid if the final state has every add that overlapped another one', () => {
    const verdict = judged((session, picture) => burst(picture, session, 10));
    expect(verdict).toMatchObject({ judgement: 'valid', rests: { 'overlapping adds': 20 } });
  });

  it('is CLOBBER if one of two overlapping adds is lost, whatever came before', () => {
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

  it('accuses no list of the newest three values whose oldest value overlapped another add, if the list slides', () => {
    const newest = (further: readonly string[]) =>
      judged((session, picture) => {
        race(session, picture, 'a', 'b');
        race(session, picture, 'c', 'd');
        const state = ['b', 'c', 'd'];
        session.read('app-1', [...state]);
        for (const value of further) {
          session.write(value, 'app-2').read('app-1', [...state.slice(1), value]);
          state.splice(0, state.length, ...state.slice(1), value);
        }
      });
    expect(newest([]).violations).toBe(1);
    expect(newest(['e', 'f', 'g', 'h', 'i']).violations).toBe(0);
  });

  it('judges at the end of the run an object that the sessions of a user share', () => {
    const verdict = judged((session, picture) => {
      race(session, picture, 'a', 'b');
      session.read('app-1', ['b']);
      for (const event of picture.events) if ('object' in event) event.object = 'basket@alice';
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
  });

  it('reports a value that a read showed and that was overwritten later', () => {
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

  it('does not expect adds that were not acknowledged, or were removed, cleared, or beyond the cap', () => {
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

  it('judges only the final state, and no read while a write is in flight', () => {
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

  it('is unknown where continuity broke, and keeps the anomalies from before', () => {
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

  it('says how much it rests on, and what that rules out', () => {
    const pairs = (count: number) => judged((session, picture) => burst(picture, session, count));
    expect(verdictText(pairs(4))).toMatchInlineSnapshot(`
      "unknown
      why: 8 acknowledged adds overlapped an add on another instance and had a final read, 10 are needed: run the workload \`burst\` on at least two instances
      rests on overlapping adds 8, on two instances 8"
    `);
    expect(verdictText(pairs(5))).toMatchInlineSnapshot(`
      "valid
      at most 26 % of overlapping adds are lost
      rests on overlapping adds 10, on two instances 10"
    `);
  });

  it('shows the lost add, the request that overlapped it, and the last read that showed it', () => {
    const lost = (draw: (session: SessionPicture, picture: Picture) => void) =>
      verdictText(
        judged((session, picture) => {
          draw(session, picture);
          session.read('app-2', []).ended();
        }),
      );
    expect(lost((s, p) => race(s, p, 'a', 'b'))).toMatchInlineSnapshot(`
      "violated, 2
      lost 2 acknowledged adds of 2 that overlapped
      rests on overlapping adds 2, on two instances 2
      CLOBBER no-lost-updates s1 alice: an acknowledged add that overlapped another request is not in the final state
        #2 add a on app-1: acknowledged
        #3 add b on app-2: acknowledged
        #4 read on app-2: expected "a" in it; came saw []: "a" is gone
      CLOBBER no-lost-updates s1 alice: an acknowledged add that overlapped another request is not in the final state
        #2 add a on app-1: acknowledged
        #3 add b on app-2: acknowledged
        #4 read on app-2: expected "b" in it; came saw []: "b" is gone"
    `);
    expect(lost((s, p) => race(s, p, 'a', 'b', info))).toMatchInlineSnapshot(`
      "violated, 1
      lost 1 acknowledged add of 1 that overlapped
      rests on overlapping adds 0, on two instances 0
      CLOBBER no-lost-updates s1 alice: an acknowledged add that overlapped another request is not in the final state
        #2 add a on app-1: acknowledged
        #3 add b info: may have happened
        #4 read on app-2: expected "a" in it; came saw []: "a" is gone"
    `);
    const beside = lost((session, picture) => {
      const call = picture.now + 1000;
      session.write('a', 'app-1', { call, return: call + 900 });
      session.read('app-2', [], { call: call + 100, return: call + 200 });
      picture.now += 1000;
    });
    expect(beside).toMatchInlineSnapshot(`
      "violated, 1
      lost 1 acknowledged add of 1 that overlapped
      rests on overlapping adds 0, on two instances 0
      CLOBBER no-lost-updates s1 alice: an acknowledged add that overlapped another request is not in the final state
        #2 add a on app-1: acknowledged
        #3 read on app-2: overlapped it
        #4 read on app-2: expected "a" in it; came saw []: "a" is gone"
    `);
    const shown = lost((s, p) => {
      race(s, p, 'a', 'b');
      s.read('app-1', ['a', 'b']);
    });
    expect(shown).toMatchInlineSnapshot(`
      "violated, 2
      lost 2 acknowledged adds of 2 that overlapped
      rests on overlapping adds 2, on two instances 2
      CLOBBER no-lost-updates s1 alice: an acknowledged add that overlapped another request is not in the final state
        #4 read on app-1: showed "a"
        #5 read on app-2: expected "a" in it; came saw []: "a" is gone
      CLOBBER no-lost-updates s1 alice: an acknowledged add that overlapped another request is not in the final state
        #4 read on app-1: showed "b"
        #5 read on app-2: expected "b" in it; came saw []: "b" is gone"
    `);
  });

  it('prefers to show an acknowledged add to one that may have happened', () => {
    const verdict = judged((session, picture) => {
      const call = picture.now + 1000;
      session.write('x', 'app-2', { ...info, call, return: call + 900 });
      session.write('a', 'app-1', { call: call + 100, return: call + 500 });
      session.write('b', 'app-2', { call: call + 200, return: call + 800 });
      picture.now += 2000;
      session.read('app-1', ['b']);
    });
    expect(stories(verdict)).toMatchInlineSnapshot(`
      "CLOBBER no-lost-updates s1 alice: an acknowledged add that overlapped another request is not in the final state
        #3 add a on app-1: acknowledged
        #4 add b on app-2: acknowledged
        #5 read on app-1: expected "a" in it; came saw [b]: "a" is gone"
    `);
  });

  it('reports the sum of lost increments, also if the counter shows nothing', () => {
    const counter = (saw: string[]) =>
      judged((session, picture) => {
        declared(picture, session, 'counter', { initial: ['5'] });
        const call = picture.now + 1000;
        session.increment('app-1', { call, return: call + 500 });
        session.increment('app-2', { call, return: call + 500 });
        session.read('app-1', saw);
      });
    expect(stories(counter(['6']))).toMatchInlineSnapshot(`
      "CLOBBER no-lost-updates s1 alice: overlapping acknowledged increments add up to 7, but the final state is 6
        #2 increment on app-1: acknowledged
        #3 increment on app-2: acknowledged
        #4 read on app-1: expected 7 or more; came [6]"
    `);
    expect(counter(['7']).violations).toBe(0);
    expect(counter([]).violations).toBe(1);
  });

  it('takes a read of the final phase as the final state, although a write never returned', () => {
    const phased = (phase: 'final' | 'settle') =>
      judged((session, picture) => {
        race(session, picture, 'a', 'b');
        session.write('c', 'app-1');
        picture.events.pop();
        picture.phase(phase);
        session.read('app-1', ['b']);
      }).violations;
    expect([phased('settle'), phased('final')]).toEqual([0, 1]);
  });

  it('judges an object when its session ends, by its own reads and writes only', () => {
    const verdict = judged((session, picture) => {
      race(session, picture, 'a', 'b');
      session.read('app-1', ['a', 'b']).ended();
      // The second session has the same name as the first. Its empty basket is no loss.
      const again = picture.session('s1', 'alice').login('app-2').read('app-1', []);
      again.logout('app-1', {}).signedOut('app-1').ended();
      const form = picture.session('s2', 'bob').login('app-1');
      form.asks('app-1').form('app-2');
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "unknown
      why: 2 acknowledged adds overlapped an add on another instance and had a final read, 10 are needed: run the workload \`burst\` on at least two instances
      rests on overlapping adds 2, on two instances 2"
    `);
  });

  it('is CLOBBER if the add overlapped a change of another object of the session, and not if it did not', () => {
    const lost = (later: number, end = {}) =>
      judged((session, picture) => {
        const call = picture.now + 1000;
        session.write('a', 'app-1', { call, return: call + 500 });
        session.note('n', 'app-2', { call: call + later, return: call + later + 500, ...end });
        picture.now += 2000;
        session.read('app-1', []);
      });
    expect(lost(600)).toMatchObject({ judgement: 'unknown', violations: 0 });
    expect(lost(400, { outcome: 'info', return: undefined }).violations).toBe(1);
    expect(verdictText(lost(400))).toMatchInlineSnapshot(`
      "violated, 1
      lost 1 acknowledged add of 1 that overlapped
      rests on overlapping adds 0, on two instances 0
      CLOBBER no-lost-updates s1 alice: an acknowledged add that overlapped another request is not in the final state
        #2 add a on app-1: acknowledged
        #3 add n on app-2: overlapped it
        #4 read on app-1: expected "a" in it; came saw []: "a" is gone"
    `);
  });

  it('is CLOBBER if the add overlapped a page of the session that does not show the object, too', () => {
    const lost = (later: number) =>
      judged((session, picture) => {
        const call = picture.now + 1000;
        session.write('a', 'app-1', { call, return: call + 500 });
        session.asks('app-2', { call: call + later, return: call + later + 300 });
        picture.now += 2000;
        session.read('app-1', []);
      }).violations;
    expect([lost(400), lost(600)]).toEqual([1, 0]);
  });

  it('takes a change of another object without a known end as overlapping all later requests', () => {
    const verdict = judged((session, picture) => {
      declared(picture, session, 'set');
      session.note('n', 'app-2', { outcome: 'info', return: undefined });
      session.write('a', 'app-1').read('app-1', []);
    });
    expect(verdict).toMatchObject({ violations: 1 });
    const [unended] = judged((session, picture) => {
      declared(picture, session, 'set');
      session.note('n', 'app-2');
      picture.events.pop();
      session.write('a', 'app-1').read('app-1', []).ended();
    }).anomalies;
    expect(unended?.witness.map(({ operation, came }) => [operation.value, came])).toEqual([
      ['n', 'may have happened'],
      ['a', 'acknowledged'],
      [undefined, 'saw []: "a" is gone'],
    ]);
  });

  it('counts the pairs that also overlap by the log of the balancer', () => {
    const picture = new Picture({ logs: ['balancer'] });
    const session = picture.session('s1', 'alice').login('app-1');
    burst(picture, session, 5);
    picture.inTime();
    const before = picture.events.length;
    const adds = picture.events.flatMap(event =>
      event.type === 'start' && event.value ? [event.request] : [],
    );
    const log = (request: string, began: number) =>
      picture.add({
        type: 'served',
        source: 'balancer',
        kind: 'balancer',
        request,
        status: 303,
        began,
        ended: began + 1000,
      });
    // In the log, the two adds of the second pair only touch, those of the third pair do not overlap, and those of the
    // last pair have no entry.
    for (const [i, began] of [0, 500, 5000, 6000, 10_000, 11_001].entries()) log(adds[i] ?? '', began);
    const verdict = () => picture.verdict('no-lost-updates').rests;
    const counted = {
      'overlapping adds': 10,
      'on two instances': 10,
      'pairs in the balancer log': 3,
      'overlapping there': 2,
    };
    expect(verdict()).toEqual(counted);
    // Baton reads the log during the run, so most log entries come before Baton knows that two requests overlapped.
    picture.events.unshift(...picture.events.splice(before));
    expect(verdict()).toEqual(counted);
  });
});
