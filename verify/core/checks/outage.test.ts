import { describe, expect, it } from 'vitest';
import type { Declared, Fault } from '../history/history.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const SECOND = 1_000_000;
const declared: Declared = { deadline: 2 * SECOND };
const store: Partial<Fault> = { part: 'store', down: true, where: 'redis' };

const judged = (draw: (picture: Picture) => void, more: Declared = declared) => {
  const picture = new Picture({ declared: more });
  draw(picture);
  return picture.verdict('outage');
};

const error = { outcome: 'fail', status: 503 } as const;
const sessions = (p: Picture): SessionPicture[] =>
  [1, 2, 3, 4].map(i => p.session(`s${i}`, 'alice').login('app-1').read('app-2'));

/** Builds four sessions and an outage. Each session gets errors during the outage, and sends requests after it. */
const outage = (p: Picture, during?: (session: SessionPicture) => void, heal: Partial<Fault> = {}) => {
  const all = sessions(p);
  p.disturb(1, 'stop', store);
  for (const session of all) for (let i = 0; i < 3; i++) session.asks('app-1', error);
  if (all[0] !== undefined) during?.(all[0]);
  p.heal(1, heal).wait(SECOND);
  return all;
};
const back = (all: SessionPicture[]) => {
  for (const session of all) session.read('app-1');
};

describe('outage', () => {
  it('is unknown without an outage, with one that took no effect, and without a deadline', () => {
    expect(judged(() => {}).why).toContain('the store was never down');
    expect(judged(p => back(outage(p, undefined, { bit: false }))).why).toBe(
      'no effect was seen of stop of redis: check that the fault reaches what it should disturb',
    );
    expect(judged(p => back(outage(p)), {}).why).toContain('no deadline is declared');
    expect(judged(p => void outage(p)).why).toContain('0 sessions with a request after');
    const failing = judged(p => {
      for (const session of outage(p)) session.asks('app-1', error);
    });
    expect(failing.why).toContain('0 sessions with a request after');
    const few = judged(p => {
      const all = sessions(p);
      p.disturb(1, 'stop', store).heal(1);
      back(all);
    });
    expect(few.why).toContain('1 request of live sessions');
  });

  it('is valid when errors come in time and sessions live on', () => {
    expect(judged(p => back(outage(p)))).toMatchObject({
      judgement: 'valid',
      rests: { outages: 1, requests: 12, 'sessions used again': 4 },
    });
  });

  it('is LOGOUT if a session is shown as signed out, or its cookie is deleted', () => {
    const out = judged(p => back(outage(p, session => session.signedOut('app-2'))));
    expect(out).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(out.anomalies[0]).toMatchObject({
      name: 'LOGOUT',
      summary: 'app-2 signed a live session out while the store was down (stop of redis)',
    });
    const cookies = [{ name: 'sid', change: 'deleted' as const }];
    const taken = judged(p => back(outage(p, session => session.asks('app-2', { ...error, cookies }))));
    expect(taken.anomalies[0]?.summary).toContain('deleted the cookie of a live session');
  });

  it('is LOGOUT when a session is signed out once the store is back', () => {
    const verdict = judged(p => {
      const [first, ...others] = outage(p);
      back(others);
      first?.signedOut('app-1');
    });
    expect(verdict.anomalies[0]).toMatchObject({ name: 'LOGOUT' });
    expect(verdict.anomalies[0]?.summary).toContain('is signed out afterwards');
  });

  it('is HANG if no response comes within the deadline, counted from the begin of the outage', () => {
    const hung = (p: Picture, from: number, note = 'timeout') =>
      back(
        outage(p, session =>
          session.asks('app-1', { ...error, note, call: p.now + from, return: p.now + 5 * SECOND }),
        ),
      );
    expect(judged(p => hung(p, 0)).anomalies[0]).toMatchObject({ name: 'HANG' });
    expect(judged(p => hung(p, 4 * SECOND)).judgement).toBe('valid');
    expect(judged(p => hung(p, 0, 'aborted')).judgement).toBe('valid');
  });

  it('is unknown if a response was late while the machine of the run was starved', () => {
    const late = (more: { starved?: true }) =>
      judged(p =>
        back(outage(p, s => s.asks('app-1', { ...error, call: p.now, return: p.now + 5 * SECOND, ...more }))),
      );
    expect(late({}).anomalies[0]).toMatchObject({ name: 'HANG' });
    expect(late({ starved: true })).toMatchObject({ judgement: 'unknown', violations: 0 });
    expect(late({ starved: true }).why).toContain('1 request failed or took too long while too many');
  });

  it('does not judge before the fault is known to have taken effect, nor slow responses outside', () => {
    const late = (s: SessionPicture, p: Picture) =>
      s.asks('app-1', { ...error, call: p.now, return: p.now + 9 * SECOND });
    const vain = judged(p => back(outage(p, s => late(s, p), { bit: false })));
    expect(vain).toMatchObject({ judgement: 'unknown', violations: 0 });
    // If responses show that sessions were signed out, the fault took effect.
    const seen = judged(p => back(outage(p, s => s.signedOut('app-2'), { bit: false })));
    expect(seen).toMatchObject({ judgement: 'violated', anomalies: [{ name: 'LOGOUT' }] });
    const slow = judged(p => {
      const all = outage(p);
      back(all);
      all[0]?.read('app-1', [], { call: p.now, return: p.now + 30 * SECOND });
    });
    expect(slow.judgement).toBe('valid');
  });

  it('accepts an app that responds correctly from a copy, rotates cookies, or refuses with 429', () => {
    const cookies = [{ name: 'sid', change: 'set' as const, label: 'next' }];
    const verdict = judged(p =>
      back(
        outage(p, session =>
          session
            .read('app-1', [], { cookies })
            .asks('app-1', { ...error, status: 429 })
            .write('x', 'app-2', {
              outcome: 'info',
              status: 503,
            }),
        ),
      ),
    );
    expect(verdict.judgement).toBe('valid');
  });
});

describe('outage, exact messages', () => {
  it('says how much it rests on: ten requests while the store was down, three sessions afterwards', () => {
    expect(verdictText(judged(p => back(outage(p))))).toMatchInlineSnapshot(`
      "valid
      at most 22 % of requests are signed out or hang while the store is down
      rests on outages 1, requests 12, sessions used again 4"
    `);
    const some = (requests: number, recovered: number) =>
      judged(p => {
        const all = sessions(p);
        p.disturb(1, 'stop', store).wait(1000);
        for (let i = 0; i < requests; i++) all[i % 4]?.asks('app-1', error);
        p.heal(1).wait(SECOND);
        back(all.slice(0, recovered));
      });
    expect(verdictText(some(9, 3))).toMatchInlineSnapshot(`
      "unknown
      why: 9 requests of live sessions while the store was down, 10 are needed
      rests on outages 1, requests 9, sessions used again 3"
    `);
    expect(verdictText(some(10, 2))).toMatchInlineSnapshot(`
      "unknown
      why: 2 sessions with a request after the store was back, 3 are needed
      rests on outages 1, requests 10, sessions used again 2"
    `);
    expect(some(10, 3).judgement).toBe('valid');
    const two = judged(p => {
      back(outage(p));
      p.disturb(2, 'stop', store);
    });
    expect(two.why).toContain('no effect was seen of stop of redis');
  });

  it('shows the last success before, the signed-out response, and how long a request hung', () => {
    const cookies = [{ name: 'sid', change: 'deleted' as const }];
    const verdict = judged(p => {
      const all = sessions(p);
      const begin = p.now;
      p.disturb(1, 'stop', { ...store, where: undefined } as never).wait(1000);
      for (let i = 0; i < 12; i++) all[i % 4]?.asks('app-1', error);
      all[0]?.signedOut('app-2', { instance: undefined });
      all[1]?.asks('app-2', { outcome: 'info', status: undefined, cookies });
      all[2]?.asks('app-2', { ...error, call: begin - SECOND, return: begin + 2.5 * SECOND });
      all[2]?.asks('app-2', { outcome: 'info', status: undefined, call: begin, return: begin + 3 * SECOND });
      p.heal(1).wait(SECOND);
      all[2]?.read('app-1');
      all[3]?.read('app-1', [], { sawUser: 'bob' }).signedOut('app-1');
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 5
      5 of 15 requests signed out or hung
      rests on outages 1, requests 15, sessions used again 1
      LOGOUT outage s1 alice: the app signed a live session out while the store was down (stop)
        #2 read on app-2: the session lived
        #21 read fail: expected signed in as alice, or an error that leaves the cookie unchanged; came signed out
      LOGOUT outage s2 alice: app-2 deleted the cookie of a live session while the store was down (stop)
        #4 read on app-2: the session lived
        #22 read on app-2 info: expected signed in as alice, or an error that leaves the cookie unchanged; came no response, and deleted the cookie
      HANG outage s3 alice: a request hung for 2.5 s while the store was down (stop)
        #23 read on app-2 fail: expected any response within 2 s; came 503 after 2.5 s
      HANG outage s3 alice: a request hung for 3 s while the store was down (stop)
        #24 read on app-2 info: expected any response within 2 s; came no response after 3 s
      LOGOUT outage s4 alice: a session that lived before the store was down (stop) is signed out afterwards
        #8 read on app-2: the session lived
        #27 read on app-1 fail: expected signed in as alice, or an error that leaves the cookie unchanged; came signed out"
    `);
  });

  it('measures from the call, or from the begin of the outage, to the response', () => {
    const hangs = (from: number, lasts: number, shown: object = {}) =>
      judged(p => {
        const all = sessions(p).slice(0, 1);
        p.wait(10 * SECOND).disturb(1, 'stop', store);
        const call = p.now + from;
        for (const s of all) s.asks('app-1', { ...error, call, return: call + lasts, ...shown });
        p.wait(20 * SECOND).heal(1);
      }).violations;
    expect([hangs(0, 2 * SECOND), hangs(0, 2 * SECOND + 1), hangs(SECOND, 2 * SECOND + 1)]).toEqual([
      0, 1, 1,
    ]);
    expect([hangs(-SECOND, 3 * SECOND), hangs(-SECOND, 3 * SECOND + 1)]).toEqual([0, 1]);
    expect([hangs(0, 9 * SECOND, { return: undefined }), hangs(0, 9 * SECOND, { note: 'aborted' })]).toEqual([
      0, 0,
    ]);
  });

  it('reports findings after the end of the fault at once, and the first five from before', () => {
    const verdict = judged(p => {
      const all = Array.from({ length: 9 }, (_, i) =>
        p.session(`s${i}`, 'alice').login('app-1').read('app-2'),
      );
      p.disturb(1, 'stop', store).wait(1000);
      for (const session of all.slice(0, 8)) session.signedOut('app-1');
      p.heal(1);
      // This slow request was sent during the fault, and is recorded only after the end of the fault.
      all[8]?.signedOut('app-1', { call: p.now - 500, return: p.now + 1000 });
    });
    expect(verdict).toMatchObject({ violations: 9, finding: '9 of 9 requests signed out or hung' });
    expect(verdict.anomalies.map(({ session }) => session)).toEqual(['s0', 's1', 's2', 's3', 's4']);
    const vain = judged(p => {
      const [first] = sessions(p);
      p.disturb(1, 'stop', store).heal(1, { bit: false });
      first?.asks('app-1', { ...error, call: p.now - 500, return: p.now + 9 * SECOND });
    });
    expect(vain.violations).toBe(0);
  });

  it('counts each session that overlapped the outage once afterwards, by a response that shows it signed in or out', () => {
    const { rests } = judged(p => {
      const [one, two, three] = outage(p);
      one?.write('x', 'app-1').asks('app-1').read('app-1').read('app-2');
      two?.logout('app-1').signedOut('app-1');
      three?.ended();
      p.session('s3', 'alice').login('app-1').read('app-1');
      p.session('new', 'bob').login('app-1').read('app-2');
    });
    expect(rests).toEqual({ outages: 1, requests: 12, 'sessions used again': 1 });
  });

  it('judges faults of the store only, and each of its outages', () => {
    const verdict = judged(p => {
      const all = outage(p);
      back(all);
      p.disturb(2, 'kill', { where: 'app-1' }).wait(1000);
      all[0]?.asks('app-1', { ...error, call: p.now, return: p.now + 9 * SECOND });
      p.wait(9 * SECOND)
        .heal(2)
        .wait(1000);
      p.disturb(3, 'stop', store).wait(1000);
      all[1]?.signedOut('app-1');
      p.heal(3).wait(1000);
      back(all.slice(2));
    });
    expect(stories(verdict)).toMatchInlineSnapshot(`
      "LOGOUT outage s2 alice: app-1 signed a live session out while the store was down (stop of redis)
        #22 read on app-1: the session lived
        #26 read on app-1 fail: expected signed in as alice, or an error that leaves the cookie unchanged; came signed out"
    `);
    expect(verdict.rests).toEqual({ outages: 2, requests: 13, 'sessions used again': 4 });
  });
});
