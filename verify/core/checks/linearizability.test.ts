import { describe, expect, it } from 'vitest';
import type { Verdict } from '../result/verdict.ts';
import type { Searching } from '../search/searches.ts';
import { burst, declared } from '../testing/bursts.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { verdictText as textOf } from '../testing/verdict-text.ts';
import { Judge } from '../timeline/judge.ts';
import type { Check } from './check.ts';
import { linearizabilityOf } from './linearizability.ts';

const judged = (draw: (session: SessionPicture, picture: Picture) => void): Verdict => {
  const picture = new Picture();
  draw(picture.session('s1', 'alice').login('app-1'), picture);
  return picture.inTime().verdict('linearizability');
};

const witnessOf = ({ anomalies }: Verdict) =>
  anomalies[0]?.witness.map(({ operation: { action, value }, came }) => [action, value, came]);

const info = { outcome: 'info' as const, status: 504 };

describe('linearizability', () => {
  it('is unknown for an empty history, without overlap, and on one instance', () => {
    expect(judged(() => {}).why).toContain('give the target file a probe');
    const sequential = judged(session => {
      for (let i = 0; i < 20; i++) session.write(`v${i}`, `app-${(i % 2) + 1}`);
      session.read(
        'app-1',
        Array.from({ length: 20 }, (_, i) => `v${i}`),
      );
    });
    expect(sequential.why).toContain('0 requests overlapped a write');
    const alone = judged(session => {
      for (let i = 0; i < 20; i++) session.write(`v${i}`, 'app-1', { call: 1000, return: 9000 });
      session.read('app-1', [], { call: 2000, return: 3000 });
    });
    expect(alone.why).toContain('0 requests on another instance');
  });

  it('is valid if every response has a place, whatever the order within an overlap', () => {
    expect(judged((session, picture) => burst(picture, session, 10))).toMatchObject({
      judgement: 'valid',
      rests: { operations: 30, overlapping: 20, 'on another instance': 19 },
    });
    const inside = judged((session, picture) => {
      const state = burst(picture, session, 10);
      const call = picture.now;
      session.write('a', 'app-1', { call, return: call + 900 });
      session.read('app-2', state, { call: call + 100, return: call + 400 });
      session.read('app-2', [...state, 'a'], { call: call + 500, return: call + 800 });
    });
    expect(inside.judgement).toBe('valid');
  });

  it('is NONLINEAR if a read misses a value that an earlier read showed', () => {
    const verdict = judged((session, picture) => {
      const state = burst(picture, session, 10);
      const call = picture.now;
      session.write('a', 'app-1', { call, return: call + 900 });
      session.read('app-2', [...state, 'a'], { call: call + 100, return: call + 300 });
      session.read('app-1', state, { call: call + 500, return: call + 800 });
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(witnessOf(verdict)?.map(([action]) => action)).toEqual(['read', 'read']);
  });

  it('shrinks a long history to the operations that prove the violation', () => {
    const verdict = judged((session, picture) => {
      const state: string[] = [];
      const call = picture.now;
      for (let i = 0; i < 300; i++) {
        state.push(`v${i}`);
        session.write(`v${i}`, `app-${(i % 2) + 1}`, { call: call + i * 10, return: call + i * 10 + 15 });
      }
      picture.now += 10_000;
      session.read(
        'app-1',
        state.filter(value => value !== 'v137'),
      );
    });
    expect(witnessOf(verdict)).toEqual([
      ['add', 'v137', 'acknowledged'],
      ['read', undefined, expect.stringContaining('saw [')],
    ]);
  });

  it('shows the read that a segment begins with, if the proof needs it', () => {
    const verdict = judged(session =>
      session
        .write('a', 'app-1')
        .read('app-1', ['a'])
        .read('app-1', ['a'])
        .read('app-2', [])
        .read('app-1', []),
    );
    expect(witnessOf(verdict)).toEqual([
      ['read', undefined, 'showed [a]'],
      ['read', undefined, 'saw []'],
    ]);
  });

  it('allows an unacknowledged operation to happen late, once, or never', () => {
    const reading = (...reads: string[][]) =>
      judged((session, picture) => {
        declared(picture, session, 'list');
        session.write('a', 'app-1').write('b', 'app-1', info).read('app-1', ['a']).read('app-1', ['a']);
        for (const saw of reads) session.read('app-2', saw);
      }).violations;
    expect(reading()).toBe(0);
    expect(reading(['a'], ['a', 'b'], ['a', 'b'])).toBe(0);
    expect(reading(['a', 'b'], ['a'])).toBe(1);
    expect(reading(['b', 'a'])).toBe(1);
    expect(reading(['a', 'b', 'b'])).toBe(1);
  });

  it('cuts no segment if it is not known which operations happened: counters, removals', () => {
    const counter = (...reads: string[]) =>
      judged((session, picture) => {
        declared(picture, session, 'counter', { initial: [] });
        session.increment('app-1').increment('app-1', info).increment('app-1', info);
        for (const value of reads) session.read('app-2', [value]).read('app-1', [value]);
      }).violations;
    expect(counter('1', '2', '3')).toBe(0);
    expect(counter('3', '3', '3')).toBe(0);
    expect(counter('1', '4')).toBe(1);
    expect(counter('2', '1')).toBe(1);
    const removal = judged(s =>
      s
        .write('a', 'app-1')
        .remove('a', 'app-1', info)
        .read('app-1', ['a'])
        .read('app-1', [])
        .read('app-2', []),
    );
    expect(removal.violations).toBe(0);
  });

  it('cuts no segment at a read that overlaps a write, although the response to the write came first', () => {
    const verdict = judged((session, picture) => {
      session.write('z', 'app-1');
      const call = picture.now + 1000;
      session.write('a', 'app-1', { call, return: call + 500 });
      session.read('app-2', ['z'], { call: call + 100, return: call + 900 });
      picture.now += 1000;
      session.read('app-2', ['z', 'a']).read('app-1', ['z', 'a']).read('app-2', ['z', 'a']);
      // Two clients share the session. Parallel requests of a single client would delay the start of the next segment.
      for (const event of picture.events)
        if (event.type === 'op' && event.instance === 'app-2') event.client = 'other';
    });
    expect(verdict.violations).toBe(0);
  });

  it('judges a register from the first read on, also if this read shows no value', () => {
    const verdict = judged((session, picture) => {
      declared(picture, session, 'register');
      session.read('app-1', []).change('set', 'a', 'app-1').read('app-2', []).read('app-1', []);
    });
    expect(verdict.violations).toBe(1);
  });

  it('judges registers', () => {
    const register = (...reads: string[]) =>
      judged((session, picture) => {
        declared(picture, session, 'register', { initial: ['x'] });
        session.read('app-1', ['x']).write('y', 'app-1').write('z', 'app-2');
        for (const value of reads) session.read('app-1', [value]).read('app-2', [value]);
      }).violations;
    expect(register('z')).toBe(0);
    expect(register('y')).toBe(1);
    expect(register('never written')).toBe(1);
  });

  it('is unknown when the app may drop values, and where continuity broke', () => {
    const capped = judged((session, picture) => {
      declared(picture, session, 'set', { cap: 5 });
      burst(picture, session, 10);
    });
    expect(capped.why).toContain('more values than the app keeps');
    const broken = judged((session, picture) => {
      burst(picture, session, 10);
      session.signedOut('app-2').ended();
    });
    expect(broken).toMatchObject({ judgement: 'unknown', violations: 0 });
  });

  it('trusts an order across two clocks only beyond their uncertainty', () => {
    const two = (uncertainty: number, later: number) => {
      const picture = new Picture();
      const base = '2026-01-01T00:00:00.000Z';
      picture.add({ type: 'clock', clock: 'c0', base, uncertainty: 0 });
      picture.add({ type: 'clock', clock: 'c1', base, uncertainty });
      const session = picture.session('s1', 'alice').login('app-1');
      picture.now = 10_000_000;
      burst(picture, session, 10);
      session.write('a', 'app-1');
      const call = picture.now + later;
      session.read('app-2', [], { call, return: call + 500 });
      const last = picture.events.at(-1);
      if (last?.type === 'op') last.clock = 'c1';
      return picture.inTime().verdict('linearizability');
    };
    expect(two(100, 5000).judgement).toBe('violated');
    const apart = two(1_000_000, 0);
    expect(apart.judgement).toBe('unknown');
    expect(apart.why).toContain('the clocks are too uncertain');
  });

  it('judges a slow read, however late it is recorded', () => {
    const slow = (saw: string[]) =>
      judged((session, picture) => {
        const call = picture.now;
        session.write('a', 'app-1').read('app-2', ['a']).read('app-1', ['a']);
        session.write('b', 'app-1').read('app-2', ['a', 'b']).read('app-1', ['a', 'b']);
        session.read('app-2', saw, { call, return: picture.now + 500 });
      });
    expect(slow(['a', 'b']).why).toContain('overlapped a write');
    const old = slow([]);
    expect(old.violations).toBe(0);
    expect(old.why).toContain('so long that earlier writes were already judged');
  });

  it('waits for slow reads if a client has several requests in flight', () => {
    const { judgement, violations } = judged((session, picture) => {
      const state = burst(picture, session, 10);
      const call = picture.now;
      session
        .write('a', 'app-1')
        .read('app-2', [...state, 'a'])
        .read('app-1', [...state, 'a']);
      session.read('app-2', state, { call, return: picture.now + 500 });
    });
    expect([judgement, violations]).toEqual(['valid', 0]);
  });
});

describe('linearizability, exact messages', () => {
  it('says how much it rests on, and needs ten overlaps and ten handoffs', () => {
    expect(textOf(judged((session, picture) => burst(picture, session, 4)))).toMatchInlineSnapshot(`
      "unknown
      why: 8 requests overlapped a write of the same object, 10 are needed: run the workload \`burst\`
      rests on operations 12, overlapping 8, on another instance 7"
    `);
    expect(textOf(judged((session, picture) => burst(picture, session, 5)))).toMatchInlineSnapshot(`
      "valid
      15 requests on data have an order that explains every response
      rests on operations 15, overlapping 10, on another instance 10"
    `);
    const handoffs = (last: string) =>
      judged((session, picture) => {
        const at = picture.now + 1000;
        for (let i = 0; i < 10; i++)
          session.write(`v${i}`, `app-${(i % 2) + 1}`, { call: at, return: at + 9000 });
        picture.now += 10_000;
        session.read(
          last,
          Array.from({ length: 10 }, (_, i) => `v${i}`),
        );
      });
    expect(handoffs('app-1').judgement).toBe('valid');
    expect(textOf(handoffs('app-2'))).toMatchInlineSnapshot(`
      "unknown
      why: 9 requests on another instance than the previous request, 10 are needed: run at least two instances
      rests on operations 11, overlapping 10, on another instance 9"
    `);
  });

  it('counts requests that overlap a write, and not overlapping reads or unacknowledged requests', () => {
    const { rests } = judged((session, picture) => {
      const call = picture.now + 1000;
      session.write('a', 'app-1', { call, return: call + 100 });
      for (let i = 0; i < 3; i++)
        session.read('app-2', ['a'], { call: call + 200 + i, return: call + 900 + i });
      session.write('b', 'app-1', { call: call + 800, return: call + 2000 });
      session.write('c', 'app-3', { ...info, call: call + 850, return: call + 1900 });
      session.read('app-3', ['a'], { outcome: 'info', status: 504, call: call + 860, return: call + 1800 });
      session.asks('app-3', { call: call + 870, return: call + 1700 }).form('app-3');
    });
    expect(rests).toEqual({ operations: 5, overlapping: 4, 'on another instance': 2 });
  });

  it('reports in how many places no order explains the responses', () => {
    const verdict = judged((session, picture) => {
      for (const value of ['a', 'b']) {
        session.write(value, 'app-1').read('app-2', []).ended();
        picture.session('s1', 'alice').login('app-1');
      }
      picture.session('s2', 'bob').login('app-1').write('c', 'app-1').read('app-1', ['c']).read('app-2', []);
    });
    expect(textOf(verdict)).toMatchInlineSnapshot(`
      "violated, 3
      no order explains the responses in 3 groups of operations
      rests on operations 7, overlapping 0, on another instance 3
      NONLINEAR linearizability s1 alice: no order of the requests on basket explains every response, with each taking effect between its call and its return
        #2 add a on app-1: acknowledged
        #3 read on app-2: expected a response that fits the state before it, [a]; came saw []
        (the longest order that explains the responses: add "a")
      NONLINEAR linearizability s1 alice: no order of the requests on basket explains every response, with each taking effect between its call and its return
        #5 add b on app-1: acknowledged
        #6 read on app-2: expected a response that fits the state before it, [b]; came saw []
        (the longest order that explains the responses: add "b")
      NONLINEAR linearizability s2 bob: no order of the requests on basket explains every response, with each taking effect between its call and its return
        #10 read on app-1: showed [c]
        #11 read on app-2: expected a response that fits the state before it, [c]; came saw []"
    `);
  });

  it('gives up a place that takes too many steps, and an object that is never cut', () => {
    const run = (check: Check) => {
      const picture = new Picture();
      const session = picture.session('s1', 'alice').login('app-1');
      declared(picture, session, 'counter', { initial: [] });
      const call = picture.now + 1000;
      for (let i = 0; i < 12; i++)
        session.change('increment', String(2 ** i), 'app-1', { call, return: call + 100 });
      session.read('app-2', ['1234'], { call, return: call + 100 });
      session.read('app-2', ['2345'], { call, return: call + 100 });
      session.read('app-2', ['5000'], { call: call + 200, return: call + 300 });
      const judge = new Judge(picture.run, [check]);
      for (const event of picture.inTime().events) judge.step(event);
      return judge.finish().guarantees.find(({ guarantee }) => guarantee === 'linearizability');
    };
    const least = { overlaps: 1, handoffs: 0, reads: 1 };
    expect(run(linearizabilityOf(least, { first: 10, steps: 10 }))?.why).toMatchInlineSnapshot(
      `"the search for an order did not decide 1 group of operations (basket@s1): give \`check\` a larger --budget, record fewer concurrent requests, or write unique values"`,
    );
    expect(run(linearizabilityOf({ ...least, longest: 5 }))?.why).toMatchInlineSnapshot(
      `"1 object could not be judged: recorded out of order, with more values than the app keeps, or always with requests in flight"`,
    );
    expect(run(linearizabilityOf(least))?.judgement).toBe('violated');
  });

  describe('searches what the first search left undecided again at the end of the run', () => {
    /**
     * Judges objects with twelve concurrent increments each. Proving that the last read of an object is impossible
     * takes 2^12 steps.
     */
    const run = (searching: Searching, ...finals: string[]) => {
      const picture = new Picture();
      for (const [i, final] of finals.entries()) {
        const session = picture.session(`s${i}`, 'alice').login('app-1');
        declared(picture, session, 'counter', { initial: [] });
        const call = picture.now + 1000;
        for (let bit = 0; bit < 12; bit++)
          session.change('increment', String(2 ** bit), 'app-1', { call, return: call + 100 });
        session.read('app-2', ['1234'], { call, return: call + 100 });
        session.read('app-2', [final], { call: call + 200, return: call + 300 });
      }
      const check = linearizabilityOf({ overlaps: 1, handoffs: 0, reads: 1 }, { first: 10, ...searching });
      const judge = new Judge(picture.run, [check]);
      for (const event of picture.inTime().events) judge.step(event);
      return judge.finish().guarantees.find(({ guarantee }) => guarantee === 'linearizability');
    };
    const fine = '4095';
    const broken = '5000';

    it('to the verdict', () => {
      expect(run({}, fine, fine)).toMatchObject({ judgement: 'valid', violations: 0 });
      expect(run({}, fine, broken)).toMatchObject({ judgement: 'violated', violations: 1 });
    });

    it('until no time is left, and then names each object', () => {
      expect(run({ isLate: () => true }, fine, broken)).toMatchObject({
        judgement: 'unknown',
        why: expect.stringContaining('did not decide 2 groups of operations (basket@s0, basket@s1)'),
      });
    });

    it('until one object is violated, unless all are wanted', () => {
      expect(run({}, broken, broken, fine)).toMatchObject({
        violations: 1,
        finding: expect.stringMatching(
          /^no order explains the responses in 1 group of operations; .* did not decide 2 groups of operations \(basket@s1, basket@s2\)$/,
        ),
      });
      expect(run({ allObjects: true }, broken, broken, fine)).toMatchObject({
        violations: 2,
        finding: 'no order explains the responses in 2 groups of operations',
      });
    });
  });

  it('judges the rest at the end of the run, also without a read that nothing overlaps', () => {
    const verdict = judged((session, picture) => {
      const call = picture.now + 1000;
      session.write('a', 'app-1').read('app-2', [], { call: call + 2000, return: call + 3000 });
      session.write('b', 'app-1', { call: call + 2500, return: call + 9000 });
    });
    expect(verdict.violations).toBe(1);
  });

  it('ignores responses after the session was lost', () => {
    const verdict = judged((session, picture) => {
      burst(picture, session, 10);
      session.read('app-1', [], { cookies: [{ name: 'sid', change: 'deleted' }] }).read('app-2', []);
    });
    expect([verdict.judgement, verdict.violations]).toEqual(['unknown', 0]);
  });

  it('needs a read of the data', () => {
    const verdict = judged((session, picture) => {
      const call = picture.now + 1000;
      for (let i = 0; i < 12; i++)
        session.write(`v${i}`, `app-${(i % 2) + 1}`, { call: call + i, return: call + 900 });
    });
    expect(verdict.why).toContain('no read of data was recorded');
  });
});
