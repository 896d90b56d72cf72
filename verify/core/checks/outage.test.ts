import { describe, expect, it } from 'vitest';
import type { Declared, Fault } from '../history.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';

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

/** Four sessions, an outage in which each gets errors, and their return. */
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
  it('is unknown without an outage, with one that never bit, and without a deadline', () => {
    expect(judged(() => {}).why).toContain('the store was never down');
    expect(judged(p => back(outage(p, undefined, { bit: false }))).why).toBe(
      'not seen to take effect: stop of redis. See that the fault reaches what it should disturb',
    );
    expect(judged(p => back(outage(p)), {}).why).toContain('no deadline is declared');
    expect(judged(p => void outage(p)).why).toContain('0 sessions asked again');
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
      rests: { outages: 1, requests: 12, 'sessions asked again': 4 },
    });
  });

  it('is LOGOUT when a session is shown as signed out, or its cookie is taken away', () => {
    const out = judged(p => back(outage(p, session => session.signedOut('app-2'))));
    expect(out).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(out.anomalies[0]).toMatchObject({
      name: 'LOGOUT',
      summary: 'app-2 signed a live session out while the store was down (stop of redis)',
    });
    const cookies = [{ name: 'sid', change: 'deleted' as const }];
    const taken = judged(p => back(outage(p, session => session.asks('app-2', { ...error, cookies }))));
    expect(taken.anomalies[0]?.summary).toContain('took the cookie of a live session away');
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

  it('is HANG when no answer comes within the deadline, counted from the begin of the outage', () => {
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

  it('does not condemn before it knows that the fault bit, nor slow answers outside', () => {
    expect(judged(p => back(outage(p, s => s.signedOut('app-2'), { bit: false })))).toMatchObject({
      judgement: 'unknown',
      violations: 0,
    });
    const slow = judged(p => {
      const all = outage(p);
      back(all);
      all[0]?.read('app-1', [], { call: p.now, return: p.now + 30 * SECOND });
    });
    expect(slow.judgement).toBe('valid');
  });

  it('does not accuse an app that answers rightly from a copy, rotates cookies, or refuses with 429', () => {
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
