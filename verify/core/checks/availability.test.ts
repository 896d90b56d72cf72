import { describe, expect, it } from 'vitest';
import type { Declared } from '../history/history.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const SECOND = 1_000_000;
const judged = (draw: (picture: Picture, session: SessionPicture) => void, declared: Declared = {}) => {
  const picture = new Picture({ declared });
  draw(picture, picture.session('s', 'alice').login('app-1'));
  return picture.verdict('availability');
};

const error = { outcome: 'fail', status: 502 } as const;
const errors = (session: SessionPicture, times: number) => {
  for (let i = 0; i < times; i++) session.asks('app-1', error);
};
/** Adds a fault window with some failed requests among successful ones. */
const trouble = (p: Picture, session: SessionPicture, failed: number, answered: number, heal = {}) => {
  p.disturb(1, 'kill', { where: 'app-1' });
  session.hops(answered);
  errors(session, failed);
  session.hops(1);
  p.heal(1, heal);
};

describe('availability', () => {
  it('is unknown for few requests, for a fault that took no effect, and for a window without load', () => {
    expect(judged(() => {}).why).toContain('1 request outside fault windows');
    const idle = judged((p, s) => {
      s.hops(100);
      trouble(p, s, 2, 20, { bit: false });
    });
    expect(idle.why).toContain('no effect was seen of kill of app-1');
    const empty = judged((p, s) => {
      s.hops(100);
      p.disturb(1, 'kill').wait(SECOND).heal(1);
    });
    expect(empty.why).toContain('fewer than 10 requests in 1 fault window');
  });

  it('needs no request outside a window that is the whole run, as in a k6 deploy, and applies its budget', () => {
    const deploy = (failed: number) => {
      const picture = new Picture({ declared: { budgets: { faults: { deploy: { errors: 0.1 } } } } });
      picture.disturb(1, 'deploy');
      errors(picture.session('s', 'alice').login('app-1').hops(50), failed);
      picture.heal(1);
      return picture.verdict('availability');
    };
    expect(deploy(1)).toMatchObject({
      judgement: 'valid',
      finding: 'in 1 fault window 1 of 52 failed, longest gap 0 s',
    });
    expect(deploy(20)).toMatchObject({ judgement: 'violated' });
  });

  it('is valid without errors, however slow, and says what that rules out', () => {
    const verdict = judged((p, s) =>
      s.hops(100).read('app-1', [], { call: p.now, return: p.now + 60 * SECOND }),
    );
    expect(verdict).toMatchObject({
      judgement: 'valid',
      finding: 'at most 2.9 % of requests fail without a fault',
    });
  });

  it('is violated by any error, reset or timeout outside faults', () => {
    const verdict = judged((_p, s) => {
      s.hops(100).asks('app-1', error).write('x', 'app-2', { outcome: 'info', status: 500 });
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 2 });
    expect(verdict.anomalies[0]).toMatchObject({
      name: 'DOWN',
      summary: 'a read got 502 from app-1, although there was no fault',
    });
  });

  it('does not count refusals, forged cookies, and requests that the run gave up', () => {
    const verdict = judged((p, s) => {
      s.hops(100);
      for (const status of [403, 404, 409, 429]) s.asks('app-1', { outcome: 'fail', status });
      s.asks('app-1', { ...error, with: 'forged' });
      p.add({ ...lastOf(p), id: 999, note: 'aborted', status: undefined } as never);
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('is unknown, without an anomaly, if a request failed while the machine of the run was starved', () => {
    const starved = { ...error, starved: true };
    const verdict = judged((_p, s) => s.hops(100).asks('app-1', starved));
    expect(verdict).toMatchObject({ judgement: 'unknown', violations: 0 });
    expect(verdict.why).toContain('1 request failed or took too long while too many processes waited');
    expect(judged((_p, s) => s.hops(100).asks('app-1', starved).asks('app-1', error))).toMatchObject({
      judgement: 'violated',
      violations: 1,
    });
    const budgets = { errors: 0, gap: 0 };
    const inside = judged(
      (p, s) => {
        s.hops(100);
        p.disturb(1, 'kill');
        s.hops(20).asks('app-1', starved).hops(1);
        p.heal(1);
      },
      { budgets },
    );
    expect(inside).toMatchObject({ judgement: 'unknown', violations: 0 });
    // A lack of CPU time explains some of the failures. It does not excuse the other failures.
    const both = judged(
      (p, s) => {
        s.hops(100);
        p.disturb(1, 'kill');
        s.hops(20).asks('app-1', starved).hops(1).asks('app-1', error).hops(1);
        p.heal(1);
      },
      { budgets: { errors: 0 } },
    );
    expect(both).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(both.anomalies[0]?.summary).toContain('4.2 % of 24 requests failed during kill');
  });

  it('compares the errors with all requests during the fault and its recovery', () => {
    const failing = (errors: number) => {
      const picture = new Picture({ declared: { budgets: { errors: 0.1, recovery: 10_000_000 } } });
      const session = picture.session('s1', 'alice').login('app-1').hops(100);
      picture.disturb(1, 'kill');
      for (let i = 0; i < 60; i++)
        session.read('app-1', [], i < errors ? { outcome: 'fail', status: 503 } : {});
      picture.heal(1);
      session.hops(40);
      picture.wait(11_000_000);
      session.hops(100);
      return picture.verdict('availability');
    };
    expect(failing(10).judgement).toBe('valid');
    expect(failing(11).anomalies[0]?.summary).toContain('11 % of 100 requests failed during kill');
  });

  it('holds a fault to its budget: share of errors, and the longest gap', () => {
    const within = (budgets: NonNullable<Declared['budgets']>) =>
      judged(
        (p, s) => {
          s.hops(100);
          trouble(p, s, 5, 44);
        },
        { budgets },
      );
    expect(within({ errors: 0.1, gap: SECOND })).toMatchObject({
      judgement: 'valid',
      finding: expect.stringContaining('in 1 fault window 5 of 50 failed, longest gap 0.01 s'),
    });
    expect(within({}).judgement).toBe('valid');
    const many = within({ errors: 0.05 });
    expect(many.anomalies[0]?.summary).toBe(
      '10 % of 50 requests failed during kill of app-1; at most 5 % may fail',
    );
    const long = within({ gap: 1000 });
    expect(long.anomalies[0]?.summary).toContain('no request succeeded for');
    expect(long.anomalies[0]?.witness).toHaveLength(3);
  });

  it('allows errors after a fault for as long as its own recovery may take', () => {
    const later = (name: string) =>
      judged(
        (p, s) => {
          s.hops(100);
          trouble(p, s, 2, 20);
          p.wait(SECOND);
          errors(s, 1);
        },
        { budgets: { recovery: SECOND / 2, faults: { [name]: { recovery: 5 * SECOND } } } },
      );
    expect(later('kill')).toMatchObject({ judgement: 'valid', violations: 0 });
    expect(later('stop').judgement).toBe('violated');
  });

  it('counts a gap that is open when the run ends, as one that a success ends', () => {
    /** Builds a run in which ten requests succeed, and no request gets a response in the last 60 s of the run. */
    const silent = (shown: object) =>
      judged(
        (p, s) => {
          s.hops(100);
          p.disturb(1, 'kill', { where: 'app-1' });
          s.hops(10);
          for (let i = 0; i < 6; i++)
            s.asks('app-1', { ...shown, call: p.now, return: p.now + 10 * SECOND }) &&
              p.wait(10 * SECOND - 1000);
          p.heal(1).finish();
        },
        { budgets: { gap: 2 * SECOND } },
      );
    const none = { outcome: 'info', status: undefined, note: 'timeout' } as const;
    const verdict = silent(none);
    expect(verdict.judgement).toBe('violated');
    expect(verdict.anomalies[0]?.summary).toBe(
      'no request succeeded for 60 s during kill of app-1, until the run ended; the limit is 2 s',
    );
    expect(verdict.finding).toContain('longest gap 60 s');
    // Each of these requests had waited for 10 s when the run ended and aborted the request.
    expect(silent({ ...none, note: 'aborted' }).judgement).toBe('violated');
    // After the last response the client sent no request, so no request was waiting in the last 60 s.
    const idle = judged(
      (p, s) => {
        s.hops(100);
        p.disturb(1, 'kill');
        s.hops(10);
        p.wait(60 * SECOND)
          .heal(1)
          .finish();
      },
      { budgets: { gap: 2 * SECOND } },
    );
    expect(idle.judgement).toBe('valid');
  });

  it('counts a gap in which a request never ended: until the run finished, or the last response if it was cut off', () => {
    const unended = (last: (p: Picture, s: SessionPicture) => void) =>
      judged(
        (p, s) => {
          s.hops(100);
          p.disturb(1, 'kill').now += 1;
          s.hops(10).write('a', 'app-1');
          p.events.pop();
          last(p.wait(60 * SECOND).heal(1), s);
        },
        { budgets: { gap: 2 * SECOND } },
      ).anomalies[0]?.summary;
    expect(unended(p => p.finish())).toContain('no request succeeded for 60 s during kill');
    expect(unended((_p, s) => errors(s, 1))).toContain('no request succeeded for 60 s during kill');
    expect(unended(() => {})).toBeUndefined();
  });

  it('counts a gap in which requests hang and then succeed', () => {
    const hung = (lasts: number) =>
      judged(
        (p, s) => {
          s.hops(100);
          p.disturb(1, 'pause');
          s.hops(10);
          const call = p.now;
          s.read('app-1', [], { call, return: call + lasts });
          // Sends a quick request near the end of the gap, while the first request still waits.
          s.read('app-2', [], { call: call + lasts - 1000, return: call + lasts - 500 });
          p.wait(lasts).heal(1);
        },
        { budgets: { gap: 2 * SECOND } },
      );
    expect(hung(SECOND).judgement).toBe('valid');
    expect(hung(4 * SECOND).anomalies[0]?.summary).toContain('no request succeeded for 4 s during pause');
  });

  it('allows errors after a fault for as long as recovery may take', () => {
    const later = (budgets: NonNullable<Declared['budgets']>) =>
      judged(
        (p, s) => {
          s.hops(100);
          trouble(p, s, 2, 20);
          p.wait(SECOND);
          errors(s, 1);
        },
        { budgets },
      );
    expect(later({ recovery: 2 * SECOND }).judgement).toBe('valid');
    expect(later({ recovery: SECOND / 2 }).anomalies[0]?.summary).toContain(
      '(kill of app-1 had ended 1 s before)',
    );
    expect(later({ recovery: 2 * SECOND, errors: 0.1 }).anomalies[0]?.summary).toMatchInlineSnapshot(
      `"13 % of 24 requests failed during kill of app-1; at most 10 % may fail"`,
    );
  });

  it('is violated when something is not healthy again', () => {
    const verdict = judged((p, s) => {
      s.hops(100);
      trouble(p, s, 0, 20, { healthy: false });
    });
    expect(verdict.anomalies[0]?.summary).toBe('not everything was healthy again after kill of app-1');
  });

  it('is violated when a started instance never becomes ready, and names it', () => {
    const verdict = judged((p, s) => {
      s.hops(100);
      trouble(p, s, 0, 20, { healthy: false, unready: 'app-3' });
    });
    expect(verdict.anomalies.map(({ summary }) => summary)).toEqual([
      'app-3 never got ready after kill of app-1',
    ]);
  });
});

describe('availability, where a longest wait is declared', () => {
  /** Builds a client whose requests fail twice during a fault, and succeed `after` microseconds later. */
  const asking = (after: number) => (p: Picture, s: SessionPicture) => {
    s.hops(100);
    p.disturb(1, 'kill', { where: 'app-1' });
    s.hops(12);
    errors(s, 2);
    p.heal(1).wait(after);
    s.hops(2);
  };
  const wait = { budgets: { wait: 3 * SECOND, recovery: SECOND } };

  it('counts from the first request of the client, over all retries, and also beyond the end of the fault', () => {
    expect(judged(asking(2 * SECOND), wait).judgement).toBe('valid');
    expect(judged(asking(4 * SECOND), {}).judgement).toBe('valid');
    expect(verdictText(judged(asking(4 * SECOND), wait))).toMatchInlineSnapshot(`
      "violated, 1
      at most 2.9 % of requests fail without a fault; in 1 fault window 2 of 14 failed, longest gap 4 s
      rests on requests 103, fault windows 1, requests in them 14
      DOWN availability s alice: a client waited 4 s for a success during kill of app-1
        #114 read on app-1 fail: 502
        #116 read on app-2: expected a response within 3 s; came 200, 4 s after the first request"
    `);
  });

  it('is unknown, without an anomaly, if a client waited while the machine of the run was starved', () => {
    const waiting = (time: number) =>
      judged(
        (p, s) => s.hops(100).read('app-1', [], { call: p.now, return: p.now + time, starved: true }),
        wait,
      );
    expect(waiting(2 * SECOND)).toMatchObject({ judgement: 'valid' });
    expect(waiting(4 * SECOND)).toMatchObject({ judgement: 'unknown', violations: 0 });
  });

  it('applies the budget of a fault by its name, and counts the waits of other sessions separately', () => {
    const patient = { budgets: { ...wait.budgets, faults: { kill: { wait: 5 * SECOND } } } };
    expect(judged(asking(4 * SECOND), patient).judgement).toBe('valid');
    const others = judged((p, s) => {
      s.hops(100);
      errors(s, 1);
      p.wait(4 * SECOND);
      p.session('other', 'bob').login('app-1').hops(2);
      s.ended();
    }, wait);
    expect(others.anomalies.map(({ summary }) => summary)).toEqual([
      'a read got 502 from app-1, although there was no fault',
    ]);
  });

  it('applies to a late response outside faults as well', () => {
    const slow = (time: number) =>
      judged((p, s) => s.hops(100).read('app-1', [], { call: p.now, return: p.now + time }), wait);
    expect(slow(3 * SECOND).judgement).toBe('valid');
    expect(verdictText(slow(4 * SECOND))).toMatchInlineSnapshot(`
      "violated, 1
      at most 2.9 % of requests fail without a fault
      rests on requests 102, fault windows 0, requests in them 0
      DOWN availability s alice: a client waited 4 s for a success, although there was no fault
        #102 read on app-1: expected a response within 3 s; came 200 after 4 s"
    `);
  });
});

const lastOf = (p: Picture) => p.events.findLast(event => event.type === 'op');

describe('availability, exact messages', () => {
  it('says how much it rests on: a hundred requests outside, ten in each window', () => {
    const some = (outside: number, inside: number) =>
      judged((p, s) => {
        s.hops(outside - 1);
        trouble(p, s, 1, inside - 2);
      });
    expect(verdictText(some(100, 10))).toMatchInlineSnapshot(`
      "valid
      at most 3 % of requests fail without a fault; in 1 fault window 1 of 10 failed, longest gap 0 s
      rests on requests 100, fault windows 1, requests in them 10"
    `);
    expect(verdictText(some(99, 10))).toMatchInlineSnapshot(`
      "unknown
      why: 99 requests outside fault windows, 100 are needed: run for longer
      rests on requests 99, fault windows 1, requests in them 10"
    `);
    expect(verdictText(some(100, 9))).toMatchInlineSnapshot(`
      "unknown
      why: fewer than 10 requests in 1 fault window: send more requests during the faults
      rests on requests 100, fault windows 1, requests in them 9"
    `);
  });

  it('shows each error outside faults, and how long before it the last fault had ended', () => {
    const verdict = judged((p, s) => {
      s.hops(100).asks('app-1', { outcome: 'info', status: undefined, note: 'reset', instance: undefined });
      s.write('x', 'app-1', { outcome: 'info', status: undefined });
      trouble(p, s, 0, 10);
      p.wait(SECOND / 2);
      s.asks('app-2', { ...error, status: 500 });
      p.disturb(2, 'slow').wait(1000);
      s.hops(12);
      p.heal(2).wait(2 * SECOND);
      errors(s, 1);
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 4
      4 of 105 requests failed without a fault; in 2 fault windows 0 of 23 failed, longest gap 0 s
      rests on requests 105, fault windows 2, requests in them 23
      DOWN availability s alice: a read got reset, although there was no fault
        #102 read info: expected a success; came reset
      DOWN availability s alice: an add got no response from app-1, although there was no fault
        #103 add x on app-1 info: expected a success; came no response
      DOWN availability s alice: a read got 500 from app-2, although there was no fault (kill of app-1 had ended 0.5 s before)
        #115 read on app-2 fail: expected a success; came 500
      DOWN availability s alice: a read got 502 from app-1, although there was no fault (slow had ended 2 s before)
        #128 read on app-1 fail: expected a success; came 502"
    `);
  });

  it('shows the first error of a window, and the successes around the longest gap', () => {
    const verdict = judged(
      (p, s) => {
        s.hops(100);
        p.disturb(1, 'kill', { where: 'app-1' });
        s.hops(5).asks('app-1', error).hops(1);
        s.asks('app-1', { outcome: 'info', status: undefined, note: 'reset' });
        p.wait(SECOND);
        errors(s, 2);
        s.hops(1).asks('app-2', error).hops(2);
        p.heal(1);
      },
      { budgets: { errors: 0.3, gap: SECOND } },
    );
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 2
      at most 2.9 % of requests fail without a fault; in 1 fault window 5 of 14 failed, longest gap 1 s
      rests on requests 101, fault windows 1, requests in them 14
      DOWN availability s alice: 36 % of 14 requests failed during kill of app-1; at most 30 % may fail
        #107 read on app-1 fail: expected at most 30 %; came 36 % of 14 requests failed during kill of app-1
      DOWN availability s alice: no request succeeded for 1 s during kill of app-1; the limit is 1 s
        #108 read on app-2: success
        #109 read on app-1 info: reset
        #112 read on app-2: expected a success sooner; came the next success, after 1 s"
    `);
  });

  it('counts a request for each window that it overlaps, and for none after the recovery time', () => {
    const { rests, finding } = judged((p, s) => {
      s.hops(3);
      p.wait(10_000);
      const begin = p.now;
      p.disturb(1, 'one').wait(5000).disturb(2, 'two').wait(5000).heal(1).wait(5000).heal(2);
      const at = (call: number, end: number, shown: object = error) =>
        s.asks('app-1', { ...shown, call: begin + call, return: begin + end });
      at(-9000, -1).read('app-1', [], { call: begin - 8000, return: begin - 1 });
      at(-100, 0).asks('app-1', { ...error, call: begin + 15_000, return: begin + 16_000 });
      at(6000, 7000).read('app-1', [], { call: begin + 15_001, return: begin + 15_002 });
      s.asks('app-1', { ...error, call: begin + 1, return: undefined, note: 'aborted', status: undefined });
    });
    expect({ rests, finding }).toEqual({
      rests: { requests: 7, 'fault windows': 2, 'requests in them': 4 },
      finding: '1 of 7 requests failed without a fault; in 2 fault windows 4 of 4 failed, longest gap 0.02 s',
    });
  });

  it('applies the budget only to a fault that took effect, and names one that did not', () => {
    const verdict = judged(
      (p, s) => {
        s.hops(100);
        trouble(p, s, 9, 9, { bit: false });
      },
      { budgets: { errors: 0, gap: 0 } },
    );
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "unknown
      why: no effect was seen of kill of app-1: check that the fault reaches what it should disturb
      rests on requests 101, fault windows 1, requests in them 19"
    `);
    const none = judged(p => p.disturb(1, 'kill').wait(1000).heal(1), { budgets: { errors: 0, gap: 0 } });
    expect(stories(none)).toBe('');
  });

  it('does not count a request that was given up, or that never ended, as an error', () => {
    const verdict = judged((_p, s) => {
      const given = { outcome: 'info' as const, status: undefined };
      s.hops(100)
        .asks('app-1', { ...given, note: 'aborted' })
        .write('x', 'app-1', { ...given, return: undefined });
      s.write('y', 'app-1', { ...given, note: 'aborted', return: undefined });
    });
    expect([verdict.violations, verdict.rests['requests']]).toEqual([0, 101]);
  });

  it('measures each gap from the success before it, and starts anew after each', () => {
    const verdict = judged(
      (p, s) => {
        s.hops(100);
        p.disturb(1, 'one').wait(1000);
        errors(s, 1);
        p.wait(2 * SECOND);
        s.hops(12);
        p.heal(1).wait(1000).disturb(2, 'two').wait(1000);
        errors(s, 1);
        s.hops(12);
        p.heal(2);
      },
      { budgets: { gap: SECOND } },
    );
    expect(verdict.anomalies.map(({ summary }) => summary)).toEqual([
      'no request succeeded for 2 s during one; the limit is 1 s',
    ]);
  });

  it('names the last fault that ended before an error', () => {
    const verdict = judged((p, s) => {
      s.hops(100);
      p.disturb(1, 'one').wait(1000).heal(1).wait(SECOND);
      errors(s, 1);
      p.wait(SECOND).disturb(2, 'two').wait(1000).heal(2);
    });
    expect(verdict.anomalies[0]?.summary).toContain('(one had ended 1 s before)');
  });

  it('applies the budget of response times without a fault, from the intended start', () => {
    const slow = (times: number, late?: number, starved?: true) => {
      const picture = new Picture({ declared: { budgets: { latency: { p95: 300_000 } } } });
      const session = picture
        .session('s', 'alice')
        .login('app-1')
        .hops(200 - times);
      for (let i = 0; i < times; i++) {
        const call = picture.now;
        session.asks('app-1', {
          call,
          return: call + (late === undefined ? 400_000 : 1000),
          late,
          ...(starved && { starved }),
        });
      }
      return picture.verdict('availability');
    };
    expect(slow(9).judgement).toBe('valid');
    expect(slow(20).judgement).toBe('violated');
    expect(slow(20).anomalies[0]?.summary).toMatch(
      /^10 % of 20\d responses took longer than 300 ms without a fault; the budget for p95 allows 5 %$/,
    );
    expect(slow(20, 350_000).judgement).toBe('violated');
    expect(slow(20, 250_000).judgement).toBe('valid');
    // If the machine that runs Baton lacks CPU time, this may be the cause of slow responses, so they are not a
    // violation.
    expect(slow(9, undefined, true).judgement).toBe('valid');
    expect(slow(20, undefined, true)).toMatchObject({
      judgement: 'unknown',
      violations: 0,
      why: expect.stringContaining('20 requests failed or took too long'),
    });
  });
});
