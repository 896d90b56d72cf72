import { describe, expect, it } from 'vitest';
import { healthy, raced } from '../testing/logouts.ts';
import { Picture, type Shown } from '../testing/picture.ts';
import { verdictText } from '../testing/verdict-text.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.inTime().verdict('logout-final');
};

describe('logout-final', () => {
  it('is unknown for an empty history, and for one without replays', () => {
    expect(judged(() => {}).why).toContain('no logout was acknowledged');
    expect(judged(p => raced(p, 's1')).why).toContain('0 replays');
  });

  it('is valid when the old cookie is refused everywhere, and says what that rules out', () => {
    const verdict = judged(healthy);
    expect(verdict).toMatchObject({
      judgement: 'valid',
      rests: { logouts: 6, 'with a request in flight': 6, replays: 12, instances: 2 },
      finding: 'at most 39 % of logouts with a request in flight are undone',
    });
  });

  it('is unknown if no request was in flight, or an instance got no replay', () => {
    const calm = judged(p => {
      for (let i = 1; i <= 6; i++) {
        const session = p.session(`s${i}`, 'alice').login('app-1').read('app-2').logout('app-1');
        session.refuses('old', 'app-1').refuses('old', 'app-2').ended();
      }
    });
    expect(calm.why).toContain('0 logouts with a request of the session in flight');
    const half = judged(p => {
      for (let i = 1; i <= 12; i++) raced(p, `s${i}`).refuses('old', 'app-1').ended();
    });
    expect(half.why).toContain('0 replays on app-2');
  });

  it('is ZOMBIE if an instance never ends the session', () => {
    const verdict = judged(p => {
      healthy(p);
      const session = p.session('z', 'bob').login('app-1').read('app-2').read('app-1').logout('app-1');
      session.refuses('old', 'app-1').honours('old', 'app-2').honours('old', 'app-2').ended();
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    const [zombie] = verdict.anomalies;
    expect(zombie).toMatchObject({ name: 'ZOMBIE', session: 'z', user: 'bob' });
    expect(zombie?.summary).toBe('app-2 still honours the cookie after the logout');
    expect(zombie?.witness.map(step => step.came)).toEqual(['acknowledged', 'signed in as bob']);
    expect(zombie?.notes).toEqual([
      'the cookie from before the logout: app-1 honoured it 0 of 1 times, app-2 honoured it 2 of 2 times',
    ]);
  });

  it('is RISEN if a request in flight writes the dead session back', () => {
    const verdict = judged(p => {
      const session = p.session('r', 'bob').login('app-1').read('app-2').read('app-1');
      const call = p.now;
      session.write('slow', 'app-2', { call: call - 10, return: call + 5000 });
      session.logout('app-1', { call, return: call + 100 }).refuses('old', 'app-1');
      p.wait(10_000);
      session.honours('old', 'app-2');
    });
    const [risen] = verdict.anomalies;
    expect(risen?.name).toBe('RISEN');
    expect(risen?.witness.map(step => [step.operation.action, step.came])).toEqual([
      ['add', 'in flight during the logout'],
      ['logout', 'acknowledged'],
      ['read', 'refused: the session is dead'],
      ['read', 'signed in as bob'],
    ]);
  });

  it('is RISEN when the instance that refused it honours it again', () => {
    const verdict = judged(p => {
      const session = p.session('r', 'bob').login('app-1').read('app-2').logout('app-1');
      session.refuses('old', 'app-2').honours('old', 'app-2');
    });
    expect(verdict.anomalies[0]).toMatchObject({ name: 'RISEN' });
  });

  it('is violated by a late response whose cookie is accepted, and names that response', () => {
    const verdict = judged(p => {
      const session = p.session('l', 'bob').login('app-1').read('app-2').read('app-1');
      const call = p.now;
      const late = [{ name: 'sid', change: 'set' as const, label: 'late' }];
      session.read('app-2', [], { call: call - 10, return: call + 700, cookies: late });
      session.logout('app-1', { call, return: call + 100 }).read('app-1', [], { sent: 'late' });
    });
    const [anomaly] = verdict.anomalies;
    expect(anomaly?.summary).toBe('a late response set a cookie that app-1 accepts after the logout');
    expect(anomaly?.witness.map(step => step.came)).toContain('set a cookie after the logout');
  });

  it('is violated under strict by a late response that replaces or deletes the cookie of a later login', () => {
    const undone = (strict: boolean, end: number, change: 'set' | 'deleted' = 'set', label = 'dead') => {
      const picture = new Picture(strict ? { declared: { logout: 'strict' } } : {});
      const cookies = (label: string) => [{ name: 'sid', change: 'set' as const, label }];
      picture.now = 10_000;
      const old = picture.session('s1', 'alice').login('app-1', { cookies: cookies('dead') });
      old.logout('app-1', { call: 20_000, return: 20_100 });
      old.login('app-1', { call: 30_000, return: 30_100, cookies: cookies('new') });
      const late = change === 'set' ? cookies(label) : [{ name: 'sid', change }];
      old.read('app-2', [], { call: 19_000, return: end, cookies: late });
      return picture.verdict('logout-final');
    };
    const [violated, reported, before] = [undone(true, 40_000), undone(false, 40_000), undone(true, 25_000)];
    expect(violated.anomalies.map(({ name }) => name)).toEqual(['RISEN']);
    expect(violated.finding).toContain('1 late response replaced or deleted the cookie of a later login');
    expect([reported.violations, before.violations]).toEqual([0, 0]);
    expect(undone(true, 40_000, 'deleted').violations).toBe(1);
    expect(undone(true, 40_000, 'set', 'resealed').violations).toBe(1);
    expect(undone(true, 40_000, 'set', 'new').violations).toBe(0);
  });

  it('is not violated by a late response that deletes another cookie of the same name', () => {
    const late = (path: string) => {
      const picture = new Picture({ declared: { logout: 'strict' } });
      const at = (path: string) => ({ httpOnly: true, secure: false, bytes: 50, bits: 128, path });
      const cookies = (label: string) => [
        { name: 'sid', change: 'set' as const, label, attributes: at('/app') },
      ];
      picture.now = 10_000;
      const session = picture.session('s1', 'alice').login('app-1', { cookies: cookies('dead') });
      session.logout('app-1', { call: 20_000, return: 20_100 });
      session.login('app-1', { call: 30_000, return: 30_100, cookies: cookies('new') });
      const deleted = [{ name: 'sid', change: 'deleted' as const, attributes: at(path) }];
      session.read('app-2', [], { call: 19_000, return: 40_000, cookies: deleted });
      return picture.verdict('logout-final').violations;
    };
    expect(['/app', '/'].map(late)).toEqual([1, 0]);
  });

  it('reports a late response that sets the dead cookie again, and a deletion that misses, without a violation', () => {
    const at = (path: string) => ({ httpOnly: true, secure: false, bytes: 50, bits: 128, path });
    const set = [{ name: 'sid', change: 'set' as const, label: 'old', attributes: at('/app') }];
    const verdict = judged(p => {
      healthy(p);
      const session = p.session('m', 'bob').login('app-1', { cookies: set }).read('app-2').read('app-1');
      const call = p.now;
      session.read('app-2', [], { call: call - 10, return: call + 700, cookies: set });
      const missed = [{ name: 'sid', change: 'deleted' as const, attributes: at('/') }];
      session.logout('app-1', { call, return: call + 100, cookies: missed });
      session.signedOut('app-2').refuses('old', 'app-1').ended();
    });
    expect(verdict.judgement).toBe('valid');
    expect(verdict.finding).toContain('1 deletion named another Path or Domain than the cookie');
    expect(verdict.finding).toContain('1 late response set the dead cookie again');
  });

  it('checks all sessions of the user after a logout of all sessions', () => {
    const verdict = judged(p => {
      const one = p.session('a1', 'alice').login('app-1').read('app-2');
      const two = p.session('a2', 'alice').login('app-2').read('app-1');
      const bob = p.session('b1', 'bob').login('app-2').read('app-1');
      one.logoutAll('app-2').refuses('old', 'app-1');
      two.honours('old', 'app-1');
      bob.read('app-1');
      p.session('a3', 'alice').login('app-1').read('app-2');
    });
    expect(verdict).toMatchObject({ violations: 1 });
    expect(verdict.anomalies[0]).toMatchObject({ name: 'ZOMBIE', session: 'a2' });
    expect(verdict.anomalies[0]?.summary).toContain('the logout of all sessions');
  });

  it('does not judge a logout that was not acknowledged, nor requests that overlap it', () => {
    for (const shown of [
      { outcome: 'info', status: 504 } as const,
      { outcome: 'fail', status: 409 } as const,
    ]) {
      const verdict = judged(p => {
        const session = p.session('i', 'alice').login('app-1').read('app-2').logout('app-1', shown);
        session.refuses('old', 'app-1').honours('old', 'app-2').read('app-1');
      });
      expect(verdict.judgement).toBe('unknown');
    }
    const overlapping = judged(p => {
      const session = p.session('o', 'alice').login('app-1').read('app-2');
      const call = p.now;
      session.logout('app-1', { call, return: call + 900 }).honours('old', 'app-2', { call: call + 900 });
    });
    expect(overlapping.judgement).toBe('unknown');
  });

  it('does not judge a logout whose instance may not have known the session', () => {
    // Only app-1 has the sessions, in its memory. app-2 serves the logout, but does not know the session.
    const strange = judged(p =>
      p.session('s', 'alice').login('app-1').logout('app-2').honours('old', 'app-1'),
    );
    expect(strange).toMatchObject({ judgement: 'unknown', violations: 0 });
    // If an instance has not shown the session signed in, the instance may not know the session.
    const errors = judged(p => {
      const session = p.session('s', 'alice').login('app-1').asks('app-2', { status: 404, outcome: 'fail' });
      session.logout('app-2').honours('old', 'app-1');
    });
    expect(errors.violations).toBe(0);
    const knew = judged(p => p.session('s', 'alice').login('app-1').logout('app-2').honours('old', 'app-2'));
    expect(knew.judgement).toBe('violated');
    const lost = judged(p =>
      p.session('s', 'alice').login('app-1').signedOut('app-2').logout('app-2').honours('old', 'app-1'),
    );
    expect(lost).toMatchObject({ judgement: 'unknown', why: expect.stringContaining('restore continuity') });
  });

  it('takes the refusal of a request without the session cookie as no evidence', () => {
    const cookies = [{ name: 'sid', change: 'set' as const, label: 'a' }];
    const replays = (shown: Shown) =>
      judged(p => {
        for (let n = 0; n < 9; n++) {
          const session = p
            .session(`s${n}`, 'alice')
            .login('app-1', { cookies })
            .read('app-2')
            .logout('app-1');
          session.refuses('old', 'app-1', shown).refuses('old', 'app-2', shown).signedOut('app-2').ended();
        }
      }).rests['replays'];
    expect([replays({}), replays({ sent: 'a' })]).toEqual([0, 18]);
  });

  it('does not confuse a new login with the same jar with the old session', () => {
    const verdict = judged(p => {
      healthy(p);
      const session = p.session('n', 'alice').login('app-1').read('app-2').read('app-1').logout('app-1');
      session.login('app-2').read('app-1').refuses('old', 'app-2').ended();
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('shows a ZOMBIE, however many RISEN came before it', () => {
    const verdict = judged(p => {
      for (let n = 0; n < 7; n++) {
        const session = p.session(`r${n}`, 'alice').login('app-1').read('app-2').logout('app-1');
        session.refuses('old', 'app-1').honours('old', 'app-1');
      }
      p.session('z', 'alice').login('app-1').read('app-2').logout('app-1').honours('old', 'app-2');
    });
    expect(verdict.violations).toBe(8);
    expect(verdict.anomalies.map(({ name }) => name)).toEqual([...Array(5).fill('RISEN'), 'ZOMBIE']);
  });
});

describe('logout-final, with an identity provider', () => {
  /** A user logs out. Then a login begins in the same browser, with the cookies that the provider had set. */
  const again = (logout: Shown, login: Shown) =>
    judged(p => {
      healthy(p);
      const session = p.session('i', 'bob').login('app-1').read('app-2').read('app-1');
      session
        .logout('app-1', logout)
        .login('app-2', { with: 'old', ...login })
        .ended();
    });

  it('is ZOMBIE if the login needs no password', () => {
    expect(verdictText(again({}, {}))).toMatchInlineSnapshot(`
      "violated, 1
      the identity provider still knew the user after 1 of 7 logouts
      rests on logouts 7, with a request in flight 6, replays 12, instances 2
      ZOMBIE logout-final i bob: after the logout the identity provider still knew the user: the next login in this browser was accepted without a password
        #52 logout on app-1: acknowledged
        #53 login on app-2: expected asked for the password; came logged in as bob"
    `);
  });

  it('is counted apart from cookies that are still honoured', () => {
    const verdict = judged(p => {
      healthy(p);
      const session = p.session('i', 'bob').login('app-1').read('app-2').read('app-1').logout('app-1');
      session.honours('old', 'app-2').login('app-2', { with: 'old' }).ended();
    });
    expect(verdict.finding).toBe(
      'the cookie was honoured after 1 of 7 logouts; after 1 logout the identity provider still knew the user',
    );
  });

  it('is not judged by a login that was refused or shows nothing, or without an acknowledged logout', () => {
    expect(again({}, { outcome: 'fail', signedIn: 'out' }).violations).toBe(0);
    expect(again({}, { signedIn: undefined }).violations).toBe(0);
    expect(again({ outcome: 'info' }, {}).violations).toBe(0);
  });
});
