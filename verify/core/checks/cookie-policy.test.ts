import { describe, expect, it } from 'vitest';
import type { CookieAttributes, Run } from '../history.ts';
import { Picture } from '../testing/picture.ts';

const judged = (draw: (picture: Picture) => void, run: Partial<Run> = {}) => {
  const picture = new Picture(run);
  draw(picture);
  return picture.verdict('cookie-policy');
};

const good: CookieAttributes = {
  httpOnly: true,
  secure: false,
  sameSite: 'lax',
  path: '/',
  bytes: 90,
  bits: 160,
};
const set = (attributes: Partial<CookieAttributes> = {}, label = 'a', name = 'sid') => ({
  path: '/login',
  cookies: [{ name, change: 'set' as const, label, attributes: { ...good, ...attributes } }],
});

const healthy = (p: Picture) => {
  p.session('s1', 'alice').login('app-1', set()).asks('app-1', { with: 'none', path: '/healthz' });
  p.session('s2', 'bob').login('app-2', set({}, 'b')).read('app-1');
};

describe('cookie-policy', () => {
  it('is unknown of an empty history, and until health checks and every instance were looked at', () => {
    expect(judged(() => {}).why).toContain('no session cookie');
    expect(judged(p => p.session('s', 'alice').login('app-1', set())).why).toContain('no health check');
    const half = judged(p => {
      p.session('s', 'alice').login('app-1', set()).read('app-2').asks('app-1', { with: 'none' });
    });
    expect(half.why).toContain('0 session cookies on app-2');
  });

  it('is valid when all is as it should be', () => {
    expect(judged(healthy)).toMatchObject({
      judgement: 'valid',
      finding: '2 cookies set as they should be',
    });
  });

  it('tells how many bits the ids have at the least, since no two were equal', () => {
    const verdict = judged(p => {
      healthy(p);
      for (let i = 0; i < 500; i++)
        p.session(`n${i}`, 'alice')
          .login('app-1', set({}, `n${i}`))
          .ended();
    });
    expect(verdict.finding).toContain('no two of 502 ids were equal: 15 bits at the least');
  });

  it.each<[string, Partial<CookieAttributes>, Partial<Run>]>([
    ['has no HttpOnly', { httpOnly: false }, {}],
    ['has SameSite=sometimes, which says nothing', { sameSite: 'sometimes' }, {}],
    ['has no Secure', {}, { url: 'https://shop.test' }],
    ['has no Secure', { sameSite: 'none' }, {}],
    ['has 5000 bytes', { bytes: 5000 }, {}],
    ['has room for 40 bits', { bits: 40 }, {}],
    ['has room for 100 bits', { bits: 100 }, { declared: { cookies: 'asvs' } }],
    ['has neither __Host- nor __Secure-', { bits: 256 }, { declared: { cookies: 'asvs' } }],
  ])('is violated by a cookie that %s, once for each instance and path', (came, attributes, run) => {
    const verdict = judged(p => {
      healthy(p);
      p.session('x', 'alice').login('app-2', set(attributes, 'x')).login('app-2', set(attributes, 'y'));
    }, run);
    expect(verdict.judgement).toBe('violated');
    const found = verdict.anomalies.filter(anomaly => anomaly.summary.includes(came));
    expect(new Set(found.map(anomaly => anomaly.summary)).size).toBe(found.length);
    expect(found[0]).toMatchObject({ name: 'EXPOSED' });
  });

  it('is violated by a cookie without SameSite', () => {
    const { sameSite: _, ...none } = good;
    const cookies = [{ name: 'sid', change: 'set' as const, label: 'n', attributes: none }];
    expect(judged(p => p.session('s', 'alice').login('app-1', { cookies })).anomalies[0]?.summary).toContain(
      'has no SameSite',
    );
  });

  it('is violated by an id in a URL or a body, and by a session for a health check', () => {
    const exposed = judged(p => {
      healthy(p);
      p.session('x', 'alice')
        .login('app-1')
        .read('app-2', [], { exposed: ['url', 'body'], path: '/me' });
    });
    expect(exposed.anomalies.map(anomaly => anomaly.summary)).toEqual([
      'the session cookie of app-2 on /me: its value stands in the url',
      'the session cookie of app-2 on /me: its value stands in the body',
    ]);
    const health = judged(p => {
      healthy(p);
      p.session('h', 'alice').asks('app-2', { with: 'none', ...set({}, 'h'), path: '/healthz' });
    });
    expect(health.anomalies[0]?.summary).toContain('set sid: a session for whoever asks');
  });

  it('does not accuse pages that begin a session, deletions, plain http behind https, or rotating cookies', () => {
    const verdict = judged(
      p => {
        const secure = (label: string) => set({ secure: true }, label);
        p.session('s1', 'alice').login('app-1', secure('a')).asks('app-1', { with: 'none' });
        const session = p.session('s2', 'bob').login('app-2', secure('b'));
        for (let i = 0; i < 20; i++) session.read('app-1', [], secure(`r${i}`));
        session.signedOut('app-1', { with: 'none', ...secure('anonymous') });
        session.read('app-2', [], { direct: true, ...set({}, 'd') });
        session.logout('app-1', { cookies: [{ name: 'sid', change: 'deleted' }] });
      },
      { url: 'https://shop.test' },
    );
    expect(verdict.judgement).toBe('valid');
  });

  it('tells, and does not condemn, SameSite=None, several Paths and equal tokens of one user', () => {
    const verdict = judged(p => {
      healthy(p);
      p.session('n', 'alice').login('app-1', set({ sameSite: 'none', secure: true }, 'n'));
      p.session('q', 'alice').login('app-1', set({ path: '/app' }, 'n'));
    });
    expect(verdict.judgement).toBe('valid');
    for (const told of ['SameSite=None', 'several Paths', '1 login got an id that was issued before']) {
      expect(verdict.finding).toContain(told);
    }
  });
});
