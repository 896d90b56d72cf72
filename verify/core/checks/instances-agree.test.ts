import { describe, expect, it } from 'vitest';
import type { CookieAttributes, Run } from '../history/history.ts';
import { Picture, type Shown } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const SECOND = 1_000_000;
const judged = (draw: (picture: Picture) => void, run: Partial<Run> = {}) => {
  const picture = new Picture(run);
  draw(picture);
  return picture.verdict('instances-agree');
};
const other = (instance: string) => (instance === 'app-1' ? 'app-2' : 'app-1');
const instances = ['app-1', 'app-2'] as const;

/** Builds sessions that log in on one instance and read on both instances. */
const healthy = (p: Picture, count = 24) => {
  for (let i = 0; i < count; i++) {
    const home = instances[i % 2] ?? 'app-1';
    p.session(`h${i}`, 'alice')
      .login(home)
      .read(other(home))
      .read(home)
      .write(`w${i}`, other(home))
      .read(home)
      .ended();
  }
};
const refused = { outcome: 'fail', status: 403 } as const;

describe('instances-agree', () => {
  it('is unknown for an empty history, for one instance, and until every ordered pair was tried', () => {
    expect(judged(() => {}).why).toContain('fewer than two instances');
    const half = judged(p => {
      for (let i = 0; i < 12; i++) p.session(`s${i}`, 'alice').login('app-1').read('app-2').read('app-1');
    });
    expect(half.why).toContain('0 responses of app-1 to sessions that logged in or wrote last on app-2');
  });

  it('is valid if all instances respond alike, and says what that rules out', () => {
    const verdict = judged(healthy);
    expect(verdict.judgement).toBe('valid');
    expect(verdict.finding).toMatch(/^at most \d+ % of responses differ on any pair/);
  });

  it('is violated when a form of one instance is refused by another, session after session', () => {
    const verdict = judged(p => {
      for (let i = 0; i < 30; i++) {
        const home = instances[i % 2] ?? 'app-1';
        const session = p.session(`s${i}`, 'alice').login(home);
        session.read(home).write(`a${i}`, other(home), refused).write(`b${i}`, home);
        session.read(other(home)).write(`c${i}`, home, refused).write(`d${i}`, other(home)).ended();
      }
    });
    expect(verdict.judgement).toBe('violated');
    const [skew] = verdict.anomalies;
    expect(skew).toMatchObject({ name: 'SKEW' });
    expect(
      verdict.anomalies.some(({ summary }) => summary.includes('responds 403 to sessions that got the page')),
    ).toBe(true);
    expect(skew?.witness.map(step => step.came)).toEqual(['success', '403', 'success: the session lives']);
  });

  it('is violated when an instance shows the form again instead of accepting the form of another', () => {
    const again = { outcome: 'info', status: 200 } as const;
    const verdict = judged(p => {
      for (let i = 0; i < 30; i++) {
        const home = instances[i % 2] ?? 'app-1';
        const session = p.session(`s${i}`, 'alice').login(home);
        session.read(home).write(`a${i}`, other(home), again).read(home).write(`b${i}`, home);
        session.read(other(home)).write(`c${i}`, home, again).read(other(home));
        session.write(`d${i}`, other(home)).ended();
      }
    });
    expect(verdict.judgement).toBe('violated');
    expect(verdict.anomalies.map(({ summary }) => summary)).toContainEqual(
      expect.stringContaining('responds 200 (write not accepted) to sessions that got the page from'),
    );
  });

  it('is violated by an instance that cannot read what another wrote', () => {
    const verdict = judged(p => {
      for (let i = 0; i < 30; i++) {
        const [home, away] = i % 2 === 0 ? (['app-1', 'app-2'] as const) : (['app-2', 'app-1'] as const);
        const session = p.session(`s${i}`, 'alice').login(home).read(home);
        if (away === 'app-2') session.asks(away, { outcome: 'fail', status: 500 });
        else session.read(away);
        session.read(home).ended();
      }
    });
    expect(verdict.anomalies[0]?.summary).toBe(
      'app-2 responds 500 to sessions that logged in or wrote on app-1; other pairs of instances do not',
    );
    expect(verdict.anomalies[0]?.notes).toEqual([
      'logged in or wrote on app-1, then app-2: 500 15 of 15 times',
    ]);
  });

  it('counts a refused session only when another instance honours it afterwards', () => {
    const lost = (back: boolean) =>
      judged(p => {
        healthy(p, 40);
        for (let i = 0; i < 40; i++) {
          const session = p.session(`s${i}`, 'alice').login('app-1').read('app-1').signedOut('app-2');
          if (back) session.read('app-1');
          session.ended();
        }
      }).judgement;
    expect(lost(true)).toBe('violated');
    expect(lost(false)).toBe('valid');
  });

  it('accepts conflicts, overload, single errors, rare refusals everywhere, and effects of a fault', () => {
    const answers: Shown[] = [409, 423, 429, 502, 503, 504].map(status => ({ outcome: 'fail', status }));
    const verdict = judged(p => {
      healthy(p);
      for (let i = 0; i < 40; i++) {
        const session = p.session(`s${i}`, 'alice').login('app-1').read('app-1');
        for (const shown of answers) session.asks('app-2', shown).read('app-1').read('app-2');
        session
          .write('bad', instances[i % 2] ?? 'app-1', { outcome: 'fail', status: 400 })
          .write('good', instances[i % 2] ?? 'app-1')
          .ended();
      }
      const session = p.session('e', 'alice').login('app-1').asks('app-2', { outcome: 'fail', status: 500 });
      session.read('app-1');
      p.disturb(1, 'kill', { where: 'app-2' });
      for (let i = 0; i < 40; i++) session.asks('app-2', { outcome: 'fail', status: 500 }).read('app-1');
      p.heal(1);
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('is violated if two instances set a cookie in different ways, and not if each of them varies', () => {
    const attributes: CookieAttributes = {
      httpOnly: true,
      secure: false,
      sameSite: 'lax',
      path: '/',
      bytes: 9,
      bits: 128,
    };
    const logins = (of: (instance: string, i: number) => Partial<CookieAttributes>) =>
      judged(p => {
        healthy(p);
        for (let i = 0; i < 12; i++) {
          const instance = instances[i % 2] ?? 'app-1';
          const set = {
            name: 'sid',
            change: 'set' as const,
            label: `${i}`,
            attributes: { ...attributes, ...of(instance, i) },
          };
          p.session(`c${i}`, 'alice')
            .login(instance, { cookies: [set] })
            .ended();
        }
      });
    expect(logins(() => ({ lifetime: 3600 })).judgement).toBe('valid');
    expect(logins(() => ({})).judgement).toBe('valid');
    expect(logins((_, i) => ({ lifetime: 3600 - (i % 2) })).judgement).toBe('valid');
    expect(logins((_, i) => ({ path: i % 3 === 0 ? '/' : '/app' })).judgement).toBe('valid');
    const domain = logins(instance => (instance === 'app-2' ? { domain: 'shop.test' } : {}));
    expect(domain.anomalies[0]?.summary).toBe(
      'app-1 and app-2 set the cookie sid with different attributes: Domain absent against Domain shop.test',
    );
    const lasts = logins(instance => ({ lifetime: instance === 'app-2' ? 3600 : 60 }));
    expect(lasts.anomalies[0]?.summary).toContain('lasts 60 s against lasts 3600 s');
  });

  it('reports clocks that are certainly more than 2 s apart, however slow the responses: a violation under `strict`', () => {
    const clocks = (ahead: number, slow: number, { times = 5, disturbed = false, strict = true } = {}) =>
      judged(
        p => {
          healthy(p);
          if (disturbed) p.disturb(1, 'clock-offset');
          const session = p.session('t', 'alice').login('app-1');
          for (let i = 0; i < times; i++) {
            for (const instance of instances) {
              const skew = (instance === 'app-2' ? ahead : 0) - 400_000;
              session.read(instance, [], { skew, call: p.now, return: p.now + slow, direct: true });
            }
          }
        },
        strict ? { declared: { clocks: 'strict' } } : {},
      );
    const apart = 'the clock of app-2 is at least 9.0 s ahead of that of app-1';
    expect(clocks(10 * SECOND, 5000)).toMatchObject({
      judgement: 'violated',
      anomalies: [{ summary: apart }],
    });
    expect(clocks(2 * SECOND, 5000).judgement).toBe('valid');
    expect(clocks(10 * SECOND, 20 * SECOND).judgement).toBe('valid');
    expect(clocks(10 * SECOND, 5000, { times: 1 }).judgement).toBe('valid');
    // After a fault that changes a clock, a difference does not show how well the clocks are synchronised.
    expect(clocks(10 * SECOND, 5000, { disturbed: true }).judgement).toBe('valid');
    const lenient = clocks(10 * SECOND, 5000, { strict: false });
    expect(lenient).toMatchObject({ judgement: 'valid', violations: 0, anomalies: [] });
    expect(lenient.finding).toContain(apart);
    expect(clocks(2 * SECOND, 5000, { strict: false }).finding).not.toContain('clock');
  });

  it('reports the offset of clocks beside an unknown verdict', () => {
    const verdict = judged(p => {
      const session = p.session('t', 'alice').login('app-1');
      for (let i = 0; i < 5; i++)
        for (const [n, instance] of instances.entries())
          session.read(instance, [], { skew: n * 60 * SECOND });
    });
    expect(verdict.why).toMatch(
      /needed on each pair: run for longer; the clock of app-2 is at least 5\d\.\d s ahead/,
    );
  });

  it('leaves sessions that only their own instance knows to continuity: no instance differs from the others', () => {
    // Each instance keeps its sessions in its own memory, and responds with 403 to a form that it did not send.
    const all = ['app-1', 'app-2', 'app-3'] as const;
    const verdict = judged(p => {
      for (let i = 0; i < 90; i++) {
        const home = all[i % 3] ?? 'app-1';
        const away = all[(i + 1 + (i % 2)) % 3] ?? 'app-1';
        const session = p.session(`s${i}`, 'alice').login(home).read(home).read(home);
        session.write(`a${i}`, away, refused).write(`b${i}`, home).read(home);
        session.signedOut(away).read(home).ended();
      }
    });
    expect(verdict).toMatchObject({ judgement: 'valid', anomalies: [] });
  });

  it('is violated where one of several pairs of different instances does not know the session', () => {
    const verdict = judged(p => {
      healthy(p, 60);
      for (let i = 0; i < 40; i++)
        p.session(`s${i}`, 'alice').login('app-1').read('app-1').signedOut('app-3').read('app-2').ended();
      for (let i = 0; i < 40; i++)
        p.session(`t${i}`, 'bob').login('app-2').read('app-3').read('app-2').ended();
    });
    expect(verdict.anomalies[0]?.summary).toBe(
      'app-3 responds signed out to sessions that logged in or wrote on app-1; other pairs of instances do not',
    );
  });

  it('needs ten responses on each ordered pair: three would rule out no more than 63 %', () => {
    const pairs = (times: number) =>
      judged(p => {
        for (let i = 0; i < times; i++)
          for (const home of instances)
            p.session(`${home}${i}`, 'alice').login(home).read(other(home)).ended();
        p.session('h', 'alice').login('app-1').read('app-1').read('app-1').read('app-1');
      });
    expect(verdictText(pairs(9))).toMatchInlineSnapshot(`
      "unknown
      why: 9 responses of app-2 to sessions that logged in or wrote last on app-1, 10 are needed on each pair: run for longer
      rests on responses 21, pairs of instances 3"
    `);
    expect(verdictText(pairs(10))).toMatchInlineSnapshot(`
      "valid
      at most 63 % of responses differ on any pair of instances
      rests on responses 23, pairs of instances 3"
    `);
  });

  it('counts the instance that logged in or wrote last, and the one that gave the page', () => {
    const { rests, finding } = judged(p => {
      const session = p.session('s', 'alice').login('app-1');
      // Of these requests, three are counted for the pair app-1 → app-2, and the last one for the pair app-2 → app-1.
      session.read('app-2').form('app-2').write('a', 'app-2').read('app-1');
      // These requests are counted for no pair: the instance is not known, other cookies were sent, or no response
      // came.
      session.read('app-3', [], { instance: undefined }).honours('old', 'app-3');
      session
        .asks('app-3', { outcome: 'info', status: 504 })
        .asks('app-3', { outcome: 'fail', status: undefined });
      p.session('t', 'bob').read('app-3').refusedLogin('app-3').read('app-3');
    });
    expect({ rests, finding }).toEqual({ rests: { responses: 4, 'pairs of instances': 2 }, finding: '' });
  });

  it('counts a refused page as a difference only if another instance gives the page', () => {
    const answers = (then: (session: ReturnType<Picture['session']>, status: Shown) => void) =>
      judged(p => {
        healthy(p, 60);
        for (let i = 0; i < 90; i++) {
          const session = p.session(`s${i}`, 'alice').login('app-1').read('app-2');
          then(session, { outcome: 'fail', status: 418 });
          session.ended();
        }
      });
    const page = answers((s, shown) => s.asks('app-2', shown).read('app-2').write('a', 'app-1'));
    expect(page.judgement).toBe('valid');
    const elsewhere = answers((s, shown) => s.asks('app-2', shown).write('a', 'app-1').read('app-1'));
    expect(stories(elsewhere)).toMatchInlineSnapshot(`
      "SKEW instances-agree s0 alice: app-2 responds 418 to sessions that logged in or wrote on app-1; other pairs of instances do not
        #302 read on app-2: success
        #303 read on app-2 fail: expected the response of the other instances; came 418
        #305 read on app-1: success: the session lives
        (logged in or wrote on app-1, then app-2: 418 90 of 270 times)"
    `);
    // A response with the page of another user is reported as BLEED. It is not counted for the pairs of instances.
    const another = answers(s => s.read('app-2', [], { sawUser: 'bob', outcome: 'fail' }).read('app-1'));
    expect(another.judgement).toBe('valid');
  });
});
