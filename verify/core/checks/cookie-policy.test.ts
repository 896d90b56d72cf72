import { describe, expect, it } from 'vitest';
import type { CookieAttributes, Run } from '../history/history.ts';
import { Picture, type Shown } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';
import { Judge } from '../timeline/judge.ts';
import { cookiePolicy } from './cookie-policy.ts';

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
const set = (given: Partial<CookieAttributes> = {}, label = 'a', name = 'sid', lacks: string[] = []) => {
  const kept = Object.entries({ ...good, ...given }).filter(([attribute]) => !lacks.includes(attribute));
  const attributes = Object.fromEntries(kept) as typeof good;
  return { path: '/login', cookies: [{ name, change: 'set' as const, label, attributes }] };
};

const healthy = (p: Picture) => {
  p.session('s1', 'alice').login('app-1', set()).asks('app-1', { with: 'none', path: '/healthz' });
  p.session('s2', 'bob').login('app-2', set({}, 'b')).read('app-1');
};

describe('declared attributes', () => {
  const attributes = { sid: { sameSite: 'strict', path: '/app' } };
  const declaredFor = (given: Partial<CookieAttributes>, lacks: string[] = []) =>
    judged(
      p => {
        const alice = p.session('s1', 'alice').login('app-1', set(given, 'a', 'sid', lacks));
        alice.asks('app-1', { with: 'none', path: '/healthz' });
        p.session('s2', 'bob')
          .login('app-2', set(given, 'b', 'sid', lacks))
          .read('app-2');
      },
      { declared: { attributes } },
    );

  it('that a cookie has are valid', () =>
    expect(declaredFor({ sameSite: 'strict', path: '/app' }).judgement).toBe('valid'));

  it('that a cookie lacks are violated, each with the declared value', () => {
    const { judgement, anomalies } = declaredFor({ sameSite: 'lax', path: '/app' });
    expect(judgement).toBe('violated');
    expect(anomalies[0]?.witness[0]).toMatchObject({
      expected: 'sameSite=strict, as `cookies` declares',
      came: 'sid has sameSite=lax',
    });
  });

  it('are those that clients use: the path of the request is the default, and a domain has no first dot', () => {
    const wanted = { sid: { path: '/app', domain: '.Example.com' } };
    const lacks = (path: string | undefined, shown: Partial<Shown> = {}): string[] => {
      const given = { domain: 'example.com', ...(path === undefined ? {} : { path }) };
      const { cookies } = set(given, 'a', 'sid', path === undefined ? ['path'] : []);
      return judged(p => p.session('s1', 'alice').login('app-1', { cookies, path: '/app/login', ...shown }), {
        declared: { attributes: wanted },
      }).anomalies.map(({ witness }) => witness[0]?.came ?? '');
    };
    expect(lacks(undefined)).toEqual([]);
    expect(lacks(undefined, { path: '/login' })).toEqual(['sid has path=/']);
    // A direct request bypasses the proxy, which may add the missing attributes. So this is not a violation.
    expect(lacks('/', { direct: true })).toEqual([]);
  });

  it('that a cookie does not have at all are named', () => {
    const [anomaly] = declaredFor({ path: '/app' }, ['sameSite']).anomalies.slice(-1);
    expect(anomaly?.witness[0]?.came).toBe('sid has no sameSite');
  });

  it('of another cookie do not count', () =>
    expect(judged(healthy, { declared: { attributes: { other: { sameSite: 'strict' } } } }).judgement).toBe(
      'valid',
    ));
});

describe('cookie-policy', () => {
  it('is unknown for an empty history, and until health checks and every instance were tried', () => {
    expect(judged(() => {}).why).toContain('no attributes of a session cookie');
    expect(judged(p => p.session('s', 'alice').login('app-1', set())).why).toContain('no health check');
    const half = judged(p => {
      p.session('s', 'alice').login('app-1', set()).read('app-2').asks('app-1', { with: 'none' });
    });
    expect(half.why).toContain('0 session cookies on app-2');
    const later = (fault: boolean) =>
      judged(p => {
        healthy(p);
        p.session('s3', 'alice').login('app-1', set({}, 'c')).ended();
        if (fault) p.disturb(1, 'rolling-deploy').wait(1000).heal(1);
        p.session('s4', 'bob').login('app-1', set({}, 'd')).read('app-3');
      });
    expect(later(false).why).toContain('0 session cookies on app-3');
    // A deploy may start an instance that serves too few requests to be tried.
    expect(later(true).judgement).toBe('valid');
  });

  it('is valid if all attributes are set', () => {
    expect(judged(healthy)).toMatchObject({
      judgement: 'valid',
      finding: '2 cookies set with all required attributes',
    });
  });

  it('is valid for an app without a health check and static files, and reports that', () => {
    const asked = (status: number, signedIn?: boolean) =>
      judged(p => {
        const session = p.session('s1', 'alice').login('app-1', set());
        const without = { with: 'none' as const, path: '/healthz', status };
        if (signedIn === false) session.signedOut('app-1', without);
        else session.asks('app-1', without);
        p.session('s2', 'bob').login('app-2', set({}, 'b'));
      });
    for (const verdict of [asked(404), asked(302, false)])
      expect(verdict).toMatchObject({
        judgement: 'valid',
        finding:
          '2 cookies set with all required attributes; no health check or static file was found, so it is not known ' +
          'which cookies they set: name one under `public`',
      });
    for (const status of [429, 503])
      expect(asked(status)).toMatchObject({
        judgement: 'unknown',
        why: expect.stringContaining('name one under `public`') as string,
      });
  });

  it('reports the least number of bits of the ids, since no two were equal', () => {
    const verdict = judged(p => {
      healthy(p);
      for (let i = 0; i < 500; i++)
        p.session(`n${i}`, 'alice')
          .login('app-1', set({}, `n${i}`))
          .ended();
    });
    expect(verdict.finding).toContain('no two of 502 ids were equal: at least 15 bits');
  });

  it.each<[string, Partial<CookieAttributes>, Partial<Run>]>([
    ['has no HttpOnly', { httpOnly: false }, {}],
    ['has SameSite=sometimes, which is no known value', { sameSite: 'sometimes' }, {}],
    ['has no Secure', {}, { url: 'https://shop.test' }],
    ['has no Secure', { sameSite: 'none' }, {}],
    ['has 5000 bytes', { bytes: 5000 }, {}],
    ['holds at most 40 bits', { bits: 40 }, {}],
    ['holds at most 100 bits', { bits: 100 }, { declared: { cookies: 'asvs' } }],
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

  it('does not judge the room of a session that no user has logged in to: it may be empty, in the cookie', () => {
    const empty = set({ bits: 24 }, 'empty');
    const verdict = judged(p => {
      healthy(p);
      p.session('e', 'alice').signedOut('app-1', empty).login('app-1', set({}, 'e'));
      p.session('f', 'alice').asks('app-2', empty).login('app-2', set({}, 'f'));
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('judges the room of a cookie from before the login if the login keeps it', () => {
    const early = set({ bits: 24 }, 'e');
    const kept = (shown: object) =>
      judged(p => {
        healthy(p);
        p.session('e', 'alice')
          .signedOut('app-1', early)
          .signedOut('app-1', { ...set({}, 'other'), with: 'none' })
          .login('app-1', { path: '/login', ...shown })
          .ended();
        const other = p.session('f', 'alice').login('app-1', set({}, 'f'));
        other.signedOut('app-1', { ...early, with: 'none' }).read('app-1');
      }).anomalies.map(({ summary }) => summary);
    expect(kept({})).toEqual([expect.stringContaining('sid holds at most 24 bits')]);
    expect(kept(set({}, 'new'))).toEqual([]);
    expect(kept({ cookies: [{ name: 'sid', change: 'deleted' }] })).toEqual([]);
  });

  it('reports a folded Set-Cookie as folded, without its room and attributes', () => {
    const verdict = judged(p => {
      healthy(p);
      p.session('f', 'alice').login('app-1', set({ folded: true, bits: 0, httpOnly: false }, 'f'));
    });
    expect(verdict.anomalies.map(({ witness }) => witness[0]?.came)).toEqual([
      expect.stringContaining('sid shares one Set-Cookie line with other cookies, joined by commas'),
    ]);
  });

  it('is violated by a cookie without SameSite', () => {
    const { sameSite: _, ...none } = good;
    const cookies = [{ name: 'sid', change: 'set' as const, label: 'n', attributes: none }];
    expect(judged(p => p.session('s', 'alice').login('app-1', { cookies })).anomalies[0]?.summary).toContain(
      'has no SameSite',
    );
  });

  it('counts a fault of a cookie that has had one value so far', () => {
    const picture = new Picture();
    picture.session('s1', 'alice').login('app-1', set({ httpOnly: false }));
    const judge = new Judge(picture.run, [cookiePolicy], undefined, 'counts');
    for (const event of picture.events) judge.step(event);
    const [{ counts } = { counts: {} }] = judge.counts();
    expect(cookiePolicy.conclude(counts, picture.run).violations).toBe(1);
  });

  it('counts an id in a URL at once', () => {
    const picture = new Picture();
    picture.session('s1', 'alice').read('app-1', [], { exposed: ['url'] });
    const judge = new Judge(picture.run, [cookiePolicy]);
    for (const event of picture.events) judge.step(event);
    expect(judge.counts()[0]?.counts).toMatchObject({ violations: 1, waiting: 0 });
  });

  it('is violated by an id in a URL or a body, and by a session for a health check', () => {
    const exposed = judged(p => {
      healthy(p);
      p.session('x', 'alice')
        .login('app-1')
        .read('app-2', [], { exposed: ['url', 'body'], path: '/me' });
    });
    expect(exposed.anomalies.map(anomaly => anomaly.summary)).toEqual([
      'the session cookie of app-2 on /me: its value is in the url',
      'the session cookie of app-2 on /me: its value is in the body',
    ]);
    const health = judged(p => {
      healthy(p);
      p.session('h', 'alice').asks('app-2', { with: 'none', ...set({}, 'h'), path: '/healthz' });
    });
    expect(health.anomalies[0]?.summary).toContain('set sid: a new session for each such request');
  });

  it('accepts pages that begin a session, deletions, plain http behind https, and rotating cookies', () => {
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

  it('reports SameSite=None, several Paths and equal tokens of one user, without a violation', () => {
    const verdict = judged(p => {
      healthy(p);
      p.session('n', 'alice').login('app-1', set({ sameSite: 'none', secure: true }, 'n'));
      p.session('q', 'alice').login('app-1', set({ path: '/app' }, 'n'));
    });
    expect(verdict.judgement).toBe('valid');
    for (const reported of ['SameSite=None', 'several Paths', '1 login got an id that was issued before']) {
      expect(verdict.finding).toContain(reported);
    }
  });

  it('shows its evidence and its findings', () => {
    expect(verdictText(judged(healthy))).toMatchInlineSnapshot(`
      "valid
      2 cookies set with all required attributes
      rests on cookies set 2, instances 2, requests without a cookie 1, session ids 2"
    `);
    const verdict = judged(p => {
      healthy(p);
      const open = set({ httpOnly: false, sameSite: 'none' });
      p.session('x', 'carol').login('app-2', open).read('app-2', [], open).read('app-1', [], open);
      p.session('y', 'dave').login('app-1', { ...open, instance: undefined, path: undefined });
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 6
      6 ways in which the session cookie is exposed; 2 logins got an id that was issued before; SameSite=None: other sites may send it
      rests on cookies set 6, instances 2, requests without a cookie 1, session ids 2
      EXPOSED cookie-policy x carol: the session cookie of app-2 on /login: sid has no HttpOnly: scripts can read it
        #5 login on app-2: expected HttpOnly; came sid has no HttpOnly: scripts can read it
      EXPOSED cookie-policy x carol: the session cookie of app-2 on /login: sid has no Secure: browsers also send it over http
        #5 login on app-2: expected Secure; came sid has no Secure: browsers also send it over http
      EXPOSED cookie-policy x carol: the session cookie of app-1 on /login: sid has no HttpOnly: scripts can read it
        #7 read on app-1: expected HttpOnly; came sid has no HttpOnly: scripts can read it
      EXPOSED cookie-policy x carol: the session cookie of app-1 on /login: sid has no Secure: browsers also send it over http
        #7 read on app-1: expected Secure; came sid has no Secure: browsers also send it over http
      EXPOSED cookie-policy y dave: the session cookie of the app: sid has no HttpOnly: scripts can read it
        #8 login: expected HttpOnly; came sid has no HttpOnly: scripts can read it"
    `);
  });

  it('has its limits at 4096 bytes, 64 bits, and 128 bits under asvs', () => {
    const faults = (attributes: Partial<CookieAttributes>, run: Partial<Run> = {}, name = 'sid') =>
      judged(p => {
        p.session('x', 'alice').login('app-1', set(attributes, 'x', name));
      }, run).anomalies.map(({ witness }) => `${witness[0]?.expected}: ${witness[0]?.came}`);
    expect(faults({ bytes: 4096, bits: 64 })).toEqual([]);
    expect(faults({ bytes: 4096, bits: 64, httpOnly: false })).toHaveLength(1);
    expect(faults({ bytes: 4097, bits: 63, httpOnly: false, sameSite: 'no' })).toMatchInlineSnapshot(`
      [
        "HttpOnly: sid has no HttpOnly: scripts can read it",
        "SameSite=Lax or Strict: sid has SameSite=no, which is no known value",
        "at most 4096 bytes: sid has 4097 bytes: browsers drop it",
        "at least 64 bits: sid holds at most 63 bits, by its characters that differ between ids: it can be guessed",
      ]
    `);
    const asvs: Partial<Run> = { declared: { cookies: 'asvs' } };
    expect(faults({ bits: 128 }, asvs, '__Host-sid')).toEqual([]);
    expect(faults({ bits: 128 }, asvs, '__Secure-sid')).toEqual([]);
    expect(faults({ bits: 127 }, asvs)).toMatchInlineSnapshot(`
      [
        "at least 128 bits: sid holds at most 127 bits, by its characters that differ between ids: it can be guessed",
        "__Host- or __Secure-: sid has neither __Host- nor __Secure- before its name",
      ]
    `);
    expect([
      faults({ sameSite: 'strict' }),
      faults({ sameSite: 'none' }, { url: 'https://shop.test' }),
    ]).toMatchInlineSnapshot(`
      [
        [],
        [
          "Secure: sid has no Secure: browsers also send it over http",
        ],
      ]
    `);
  });

  it('takes a response to a read without a cookie, neither signed in nor signed out, for a health check', () => {
    const { rests, violations } = judged(p => {
      healthy(p);
      const session = p.session('s', 'carol').login('app-1');
      const none = { with: 'none' as const, ...set({}, 'h') };
      session.read('app-1', [], none).signedOut('app-1', none).form('app-1', none);
      session.asks('app-1', { ...none, status: 404 }).asks('app-1', { ...none, status: undefined });
      session.asks('app-2', { with: 'none', status: 399, cookies: [{ name: 'sid', change: 'deleted' }] });
      session.asks('app-2', { with: 'none', status: 400, cookies: [{ name: 'sid', change: 'deleted' }] });
    });
    expect({ rests, violations }).toMatchObject({ rests: { 'requests without a cookie': 2 }, violations: 0 });
  });

  it('counts the ids of acknowledged logins, by their labels', () => {
    const { rests, finding } = judged(p => {
      healthy(p);
      p.session('a', 'alice').login('app-1', { ...set({}, 'c'), outcome: 'info', status: 504 });
      const unlabelled = { cookies: [{ name: 'sid', change: 'set' as const, attributes: good }] };
      p.session('b', 'alice').login('app-1', unlabelled).read('app-1', [], set({}, 'd'));
      for (let i = 0; i < 27; i++) p.session(`n${i}`, 'alice').login('app-1', set({}, `n${i}`));
    });
    expect(rests['session ids']).toBe(29);
    expect(finding).toMatchInlineSnapshot(
      `"32 cookies set with all required attributes; no two of 29 ids were equal: at least 7 bits"`,
    );
  });

  it('reports each fault once for an instance and a path', () => {
    const verdict = judged(p => {
      const bad = set({ httpOnly: false });
      const session = p.session('s', 'alice').login('app-1', bad).login('app-1', bad).login('app-2', bad);
      session.read('app-1', [], { ...bad, path: '/a' }).read('app-1', [], { ...bad, path: undefined });
      session
        .form('app-1', { ...bad, path: undefined })
        .read('app-1', [], { ...set({ bits: 1 }), path: '/a' });
    });
    expect(stories(verdict)).toMatchInlineSnapshot(`
      "EXPOSED cookie-policy s alice: the session cookie of app-1 on /login: sid has no HttpOnly: scripts can read it
        #1 login on app-1: expected HttpOnly; came sid has no HttpOnly: scripts can read it
      EXPOSED cookie-policy s alice: the session cookie of app-2 on /login: sid has no HttpOnly: scripts can read it
        #3 login on app-2: expected HttpOnly; came sid has no HttpOnly: scripts can read it
      EXPOSED cookie-policy s alice: the session cookie of app-1 on /a: sid has no HttpOnly: scripts can read it
        #4 read on app-1: expected HttpOnly; came sid has no HttpOnly: scripts can read it
      EXPOSED cookie-policy s alice: the session cookie of app-1: sid has no HttpOnly: scripts can read it
        #5 read on app-1: expected HttpOnly; came sid has no HttpOnly: scripts can read it
      EXPOSED cookie-policy s alice: the session cookie of app-1: sid has no HttpOnly: scripts can read it
        #6 form on app-1: expected HttpOnly; came sid has no HttpOnly: scripts can read it"
    `);
    expect(verdict.violations).toBe(6);
  });
});
