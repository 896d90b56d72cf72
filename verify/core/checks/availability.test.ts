import { describe, expect, it } from 'vitest';
import type { Declared } from '../history.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';

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
/** A window of a fault with some errors among successes. */
const trouble = (p: Picture, session: SessionPicture, failed: number, answered: number, heal = {}) => {
  p.disturb(1, 'kill', { where: 'app-1' });
  session.hops(answered);
  errors(session, failed);
  session.hops(1);
  p.heal(1, heal);
};

describe('availability', () => {
  it('is unknown of few requests, of a fault that never bit, and of a window without load', () => {
    expect(judged(() => {}).why).toContain('1 request outside fault windows');
    const idle = judged((p, s) => {
      s.hops(100);
      trouble(p, s, 2, 20, { bit: false });
    });
    expect(idle.why).toContain('not seen to take effect: kill of app-1');
    const empty = judged((p, s) => {
      s.hops(100);
      p.disturb(1, 'kill').wait(SECOND).heal(1);
    });
    expect(empty.why).toContain('fewer than 10 requests in 1 fault window');
  });

  it('is valid without errors, however slow, and says what that rules out', () => {
    const verdict = judged((p, s) =>
      s.hops(100).read('app-1', [], { call: p.now, return: p.now + 60 * SECOND }),
    );
    expect(verdict).toMatchObject({
      judgement: 'valid',
      finding: 'at most 2.9 % of requests fail while nothing is disturbed',
    });
  });

  it('is violated by any error, reset or time-out while nothing is disturbed', () => {
    const verdict = judged((_p, s) => {
      s.hops(100).asks('app-1', error).write('x', 'app-2', { outcome: 'info', status: 500 });
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 2 });
    expect(verdict.anomalies[0]).toMatchObject({
      name: 'DOWN',
      summary: 'a read got 502 from app-1, and nothing was disturbed',
    });
  });

  it('does not count refusals, forged cookies, and what the run gave up itself', () => {
    const verdict = judged((p, s) => {
      s.hops(100);
      for (const status of [403, 404, 409, 429]) s.asks('app-1', { outcome: 'fail', status });
      s.asks('app-1', { ...error, with: 'forged' });
      p.add({ ...lastOf(p), id: 999, note: 'aborted', status: undefined } as never);
    });
    expect(verdict.judgement).toBe('valid');
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
      '10 % of 50 requests failed during kill of app-1; at most 5 % may',
    );
    const long = within({ gap: 1000 });
    expect(long.anomalies[0]?.summary).toContain('nobody got an answer for');
    expect(long.anomalies[0]?.witness).toHaveLength(3);
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
      '(kill of app-1 had been over for 1 s)',
    );
  });

  it('is violated when something is not healthy again', () => {
    const verdict = judged((p, s) => {
      s.hops(100);
      trouble(p, s, 0, 20, { healthy: false });
    });
    expect(verdict.anomalies[0]?.summary).toBe('not everything was healthy again after kill of app-1');
  });
});

const lastOf = (p: Picture) => p.events.findLast(event => event.type === 'op');
