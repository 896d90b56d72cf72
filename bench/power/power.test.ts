import type { Request, Response } from 'express';
import type { SessionData } from 'express-session';
import { describe, expect, it } from 'vitest';
import { DEFECTS } from './defects.ts';
import { describeDraw } from './describe.ts';
import { type Draw, drawOf } from './draw.ts';
import { HANDLER_ACTS } from './handler.ts';
import { HEALTHY } from './healthy.ts';
import { REPEATED } from './repetition.ts';
import { report } from './report.ts';
import { STORE_ACTS } from './store.ts';
import { draw, sessionOf, started } from './testing.ts';

describe('draws', () => {
  const draws = Array.from({ length: 1_000 }, (_, seed) => drawOf('defect', seed));

  it('repeats a draw by its seed', () => {
    expect(drawOf('defect', 7)).toEqual(draws[7]);
    expect(drawOf('healthy', 7)).not.toEqual(draws[7]);
  });

  it('draws rates between 1/2 and 1/1000 whose logarithm is uniform', () => {
    const rates = draws
      .filter(({ when }) => when === 'always')
      .map(({ every }) => every)
      .sort((a, b) => a - b);
    expect([rates[0], rates.at(-1)]).toEqual([
      expect.toSatisfy(n => n >= 2),
      expect.toSatisfy(n => n <= 1_000),
    ]);
    // The logarithm of n is uniformly distributed, from 2 to 1000, so the median of n is the square root of 2 × 1000.
    expect(
      Math.abs(Math.log(rates[Math.floor(rates.length / 2)] as number) - Math.log(Math.sqrt(2_000))),
    ).toBeLessThan(0.4);
  });

  it('draws each act, only on hosts that have it, and describes each draw', () => {
    expect(new Set(draws.map(({ act }) => act))).toEqual(new Set(Object.keys(DEFECTS)));
    for (const draw of draws) {
      expect(DEFECTS[draw.act]?.hosts).toContain(draw.host);
      expect(describeDraw(draw)).not.toContain('`ms`');
    }
  });

  it('has an implementation of each act', () => {
    const others = ['double', 'share-notes', 'accept-forged', 'miss-session', 'keep-id', ...REPEATED];
    const known = [...Object.keys(STORE_ACTS), ...Object.keys(HANDLER_ACTS), ...others];
    expect([...known].sort()).toEqual([...Object.keys(DEFECTS), ...Object.keys(HEALTHY)].sort());
  });
});

describe('parts of responses', () => {
  it('other-cookie: a login gets the cookie of the user who logged in before', () => {
    const { oracle, harms } = started(draw('other-cookie'));
    const cookieOf = (user: string): string => {
      const sent = new Map<string, string>();
      const response = { setHeader: (name: string, value: string) => sent.set(name, value) };
      const request = { session: { user }, sessionID: user, path: '/login' };
      HANDLER_ACTS['other-cookie']?.(request as Request, response as unknown as Response, oracle);
      response.setHeader('Set-Cookie', `sid=${user}; Path=/`);
      return sent.get('Set-Cookie')?.replace(/;.*/, '') ?? '';
    };
    expect(['alice', 'alice', 'bob', 'carol'].map(cookieOf)).toEqual([
      ...['sid=alice', 'sid=alice', 'sid=alice', 'sid=bob'],
    ]);
    expect(harms()).toHaveLength(2);
  });

  it('wrong-charset: only a page with non-ASCII text is harmed', () => {
    const { oracle, harms } = started(draw('wrong-charset'));
    const typeOf = (page: string): string => {
      const sent = new Map<string, string>();
      const response = {
        setHeader: (name: string, value: string) => sent.set(name, value),
        send: (_body: string) => void response.setHeader('Content-Type', 'text/html; charset=utf-8'),
      };
      HANDLER_ACTS['wrong-charset']?.({} as Request, response as unknown as Response, oracle);
      response.send(page);
      return sent.get('Content-Type') ?? '';
    };
    expect([typeOf('tea'), typeOf('thé')]).toEqual([
      'text/html; charset=utf-8',
      'text/html; charset=iso-8859-1',
    ]);
    expect(harms()).toHaveLength(1);
  });
});

describe('conditions', () => {
  const strikes = (one: Draw, data: Partial<SessionData> = {}): boolean =>
    started(one).oracle.strikes('s', data);

  it('depend on the session', () => {
    expect(strikes(draw('x', { when: 'large', size: 50 }), { user: 'a' })).toBe(false);
    expect(strikes(draw('x', { when: 'large', size: 50 }), { user: 'a'.repeat(50) })).toBe(true);
    expect(strikes(draw('x', { when: 'awkward' }), { cart: ['tea'] })).toBe(false);
    expect(strikes(draw('x', { when: 'awkward' }), { cart: ['thé'] })).toBe(true);
    expect(strikes(draw('x', { when: 'one instance' }))).toBe(false);
  });

  it('depend on the login of the session', () => {
    const { oracle } = started(draw('x', { when: 'begun elsewhere' }));
    oracle.used('here', sessionOf('alice'), 'saved');
    oracle.used('here', sessionOf('alice'), 'loaded');
    oracle.used('there', sessionOf('bob'), 'loaded');
    expect(['here', 'there', 'unknown'].map(sid => oracle.strikes(sid))).toEqual([false, true, false]);

    const second = started(draw('x', { when: 'second login' })).oracle;
    for (const [sid, user] of [
      ['1', 'alice'],
      ['2', 'bob'],
      ['3', 'alice'],
      ['1', 'alice'],
    ] as const)
      second.used(sid, sessionOf(user), 'loaded');
    expect(['1', '2', '3'].map(sid => second.strikes(sid))).toEqual([false, false, true]);
  });

  it('depend on the requests of the session', async () => {
    const { oracle } = started(draw('x', { when: 'overlapping' }));
    const end = oracle.began('s');
    expect(oracle.strikes('s')).toBe(false);
    oracle.began('s');
    expect(oracle.strikes('s')).toBe(true);
    end();
    expect(oracle.strikes('s')).toBe(false);
  });
});

describe('the report', () => {
  it('counts found, missed and unnoticeable defects, and accused healthy variants', () => {
    const drawn = { draw: 'a draw', act: 'drop-save', when: 'always', every: 3 };
    const one = { ...drawn, harms: 3, noticeable: true, violated: [], requests: 1, folder: '' };
    const lines = report([
      { ...one, kind: 'defect', seed: 1, violated: ['continuity'] },
      { ...one, kind: 'defect', seed: 2 },
      { ...one, kind: 'defect', seed: 3, noticeable: false },
      { ...one, kind: 'healthy', seed: 1, violated: ['isolation'] },
    ]);
    expect(lines[0]).toBe(
      '3 defects: 1 (33 %) could not be noticed; of the other 2, 1 (50 %) were found. 1 healthy variants: 1 accused.',
    );
    expect(lines).toContain('- defect 2: a draw (3 wrong effects in the run)');
    expect(lines).toContain('- healthy 1: a draw (isolation)');
  });
});
