import { describe, expect, it } from 'vitest';
import type { CookieChange } from '../history/history.ts';
import { Picture, PREFIX } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';
import { isPattern } from './after-others.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.verdict('continuity');
};

describe('continuity', () => {
  it('is unknown for an empty history', () => {
    expect(judged(() => {})).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('no login'),
    });
  });

  it('is valid when a session is honoured on every instance, and says what that rules out', () => {
    const verdict = judged(p => p.session('s1', 'alice').login('app-1').hops(30));
    expect(verdict).toMatchObject({ judgement: 'valid', rests: { requests: 30, handoffs: 30, sessions: 1 } });
    expect(verdict.finding).toBe('at most 9.5 % of handoffs lose the session');
  });

  it('is unknown without handoffs, however many requests passed', () => {
    const verdict = judged(p => {
      const session = p.session('s1', 'alice').login('app-1');
      for (let i = 0; i < 1000; i++) session.read('app-1');
    });
    expect(verdict).toMatchObject({ judgement: 'unknown', why: expect.stringContaining('0 handoffs') });
  });

  it('is violated by one request that is answered signed out, with login, last request and this one as witness', () => {
    const verdict = judged(p => p.session('s1', 'alice').login('app-1').read('app-1').signedOut('app-2'));
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    const [loss] = verdict.anomalies;
    expect(loss).toMatchObject({ name: 'LOSS', session: 's1', user: 'alice' });
    expect(loss?.summary).toBe('app-1 knew the session, app-2 did not, although the user had not logged out');
    expect(loss?.witness.map(step => [step.operation.action, step.operation.instance, step.came])).toEqual([
      ['login', 'app-1', 'logged in'],
      ['read', 'app-1', 'signed in'],
      ['read', 'app-2', 'signed out'],
    ]);
  });

  it('reports where the lost cookie is still honoured', () => {
    const verdict = judged(p =>
      p.session('s1', 'alice').login('app-1').signedOut('app-2').read('app-1').signedOut('app-2').ended(),
    );
    expect(verdict.anomalies[0]?.notes).toEqual([
      'the same cookie sent again afterwards: app-1 honoured it 1 of 1 times, app-2 honoured it 0 of 1 times',
    ]);
    expect(verdict.violations).toBe(1);
  });

  it('is violated by a response that deletes the only session cookie', () => {
    const deleted = { cookies: [{ name: 'sid', change: 'deleted' as const }] };
    const taken = judged(p => p.session('s1', 'alice').login('app-1').read('app-2', [], deleted));
    expect(taken.anomalies[0]?.summary).toContain('deleted the cookie sid');
  });

  it('leaves a page of another user to isolation: BLEED is not LOSS, and makes no other guarantee unknown', () => {
    const picture = new Picture({ claims: ['continuity', 'isolation', 'read-your-writes'] });
    const canary = (user: string) => `${PREFIX}.${user}.s.1.aaaaaaaa`;
    for (const user of ['alice', 'bob']) {
      const session = picture.session(`s-${user}`, user).login('app-1').write(canary(user), 'app-2');
      session.hops(30, [canary(user)]);
      // The response shows another user's basket without the session's own values. This is not counted as a stale read.
      if (user === 'alice') session.read('app-2', [], { sawUser: 'bob' }).hops(5, [canary(user)]);
    }
    const of = (guarantee: 'continuity' | 'isolation' | 'read-your-writes') => picture.verdict(guarantee);
    expect(of('isolation')).toMatchObject({ judgement: 'violated', violations: 1 });
    expect([of('continuity').judgement, of('read-your-writes').judgement]).toEqual(['valid', 'valid']);
  });

  it('judges a response that deletes one cookie and sets another by what the jar holds after it', () => {
    const set = (name: string, path?: string) => ({ name, change: 'set' as const, label: `${name}-${path}` });
    const at = (path: string) => ({ httpOnly: true, secure: false, path, bytes: 20, bits: 128 });
    const gone = (name: string) => ({ name, change: 'deleted' as const });
    const jarAfter = (login: CookieChange[], then: CookieChange[]) =>
      judged(p =>
        p
          .session('s1', 'alice')
          .login('app-1', { cookies: login })
          .read('app-2', [], { cookies: then })
          .hops(20),
      ).judgement;
    // A response may replace the session cookie by one with another name, or delete one of several session cookies.
    expect(jarAfter([set('sid')], [gone('sid'), set('session')])).toBe('valid');
    expect(jarAfter([set('sid')], [gone('sid'), set('sid')])).toBe('valid');
    expect(jarAfter([set('s.0'), set('s.1')], [set('s.0'), gone('s.1')])).toBe('valid');
    expect(jarAfter([set('s.0'), set('s.1')], [gone('s.1')])).toBe('valid');
    // A cookie with the same name and another path is a different cookie.
    const rooted = { ...set('sid', '/'), attributes: at('/') };
    expect(jarAfter([rooted], [{ ...gone('sid'), attributes: at('/old') }])).toBe('valid');
    expect(jarAfter([rooted], [{ ...gone('sid'), attributes: at('/') }])).toBe('violated');
    expect(jarAfter([set('s.0'), set('s.1')], [gone('s.1'), gone('s.0')])).toBe('violated');
    expect(jarAfter([set('sid')], [set('sid'), gone('sid')])).toBe('violated');
  });

  it('names the response whose cookie was too large, so that clients dropped it', () => {
    const sized = (bytes: number) => {
      const attributes = { httpOnly: true, secure: false, bytes, bits: 128 };
      return { cookies: [{ name: 'sid', change: 'set' as const, label: `${bytes}`, attributes }] };
    };
    const notes = (bytes: number) =>
      judged(p => p.session('s1', 'alice').login('app-1').read('app-2', [], sized(bytes)).signedOut('app-1'))
        .anomalies[0]?.notes;
    expect(notes(4096)).toEqual([]);
    expect(notes(4097)).toEqual([
      'app-2 set the cookie sid with 4097 bytes: clients drop a cookie of more than 4096 bytes, so they lose the data in it',
    ]);
  });

  it('reports that a signed-out response replaced the cookie', () => {
    const other = { cookies: [{ name: 'sid', change: 'set' as const, label: 'anonymous' }] };
    const verdict = judged(p => {
      const lost = p.session('s1', 'alice').login('app-1').signedOut('app-2', other);
      // After the loss, the browser sends a new anonymous cookie. The cookie from the login still works on app-1.
      lost.signedOut('app-1').signedOut('app-1').honours('old', 'app-1').refuses('old', 'app-2').ended();
      p.session('s2', 'bob')
        .login('app-1')
        .asks('app-2', { status: 403, ...other })
        .signedOut('app-1')
        .ended();
    });
    expect(verdict.anomalies.map(({ notes }) => notes)).toEqual([
      [
        'app-2 replaced the cookie sid (303 to /login): from then on the client sends the new one',
        'the same cookie sent again afterwards: app-1 honoured it 1 of 1 times, app-2 honoured it 0 of 1 times',
      ],
      [
        'app-2 replaced the cookie sid (without showing who is signed in): from then on the client sends the new one',
      ],
    ]);
  });

  it.each([
    [{ here: 3, followed: 3 }, true],
    [{ here: 2, followed: 2 }, false],
    [{ here: 10, followed: 9 }, true],
    [{ here: 10, followed: 8 }, false],
    // At least half of the handoffs without a loss came just after a login, too.
    [{ here: 20, followed: 20, kept: 10, keptAfter: 5 }, true],
    [{ here: 20, followed: 20, kept: 10, keptAfter: 6 }, false],
    // With a probability of 0.027 or 0.0081, chance explains that all losses came just after a login.
    [{ here: 3, followed: 3, kept: 8, keptAfter: 2 }, false],
    [{ here: 4, followed: 4, kept: 8, keptAfter: 2 }, true],
  ])(
    'names logins as the cause only of losses that nearly all follow logins, not by chance: %o',
    (counts, is) => {
      expect(isPattern({ kept: 40, keptAfter: 1, ...counts })).toBe(is);
    },
  );

  it('suggests `sessions` if losses follow other logins or logouts of the same user', () => {
    const limited = judged(p => {
      for (let i = 0; i < 4; i++) {
        const first = p.session(`a${i}`, 'alice').login('app-1').read('app-2');
        const second = p.session(`b${i}`, 'alice').login('app-2').read('app-1');
        first.signedOut('app-1').signedOut('app-2').ended();
        second.logout('app-1').ended();
      }
    });
    expect(limited.finding).toBe(
      '4 of 8 sessions lost; 4 of them just after another login or logout of the same user: if the app limits ' +
        'sessions, declare `sessions` in the target file',
    );
    expect(limited.anomalies[0]?.notes.at(-1)).toContain('another session of alice (b0) logged in');
    // In a run with few accounts, a second login of the same user comes before most requests, even of sessions that
    // live. So a loss after such a login does not show that the login caused it.
    const busy = judged(p => {
      for (let i = 0; i < 20; i++) {
        const session = p.session(`e${i}`, 'erin').login('app-1');
        p.session(`f${i}`, 'erin').login('app-2').ended();
        session.read('app-2');
        p.session(`g${i}`, 'erin').login('app-2').ended();
        if (i < 10) session.read('app-1').ended();
        else session.signedOut('app-1').ended();
      }
    });
    expect([busy.finding, busy.anomalies.flatMap(({ notes }) => notes).join()]).toEqual([
      '10 of 60 sessions lost',
      expect.not.stringContaining('sessions'),
    ]);
    // The instance has never known the sessions, so it refuses them with or without further logins.
    const strange = judged(p => {
      for (let i = 0; i < 20; i++)
        p.session(`g${i}`, 'greg').login('app-1').read('app-1').read('app-2').ended();
      for (let i = 0; i < 9; i++) {
        const session = p.session(`h${i}`, 'hugo').login('app-1');
        p.session(`i${i}`, 'hugo').login('app-1').ended();
        session.signedOut('app-2').ended();
      }
    });
    expect(strange.finding).toBe('9 of 38 sessions lost');
    // An instance that does not know the sessions has replaced their cookies.
    const other = { cookies: [{ name: 'sid', change: 'set' as const, label: 'anonymous' }] };
    const replaced = judged(p => {
      for (let i = 0; i < 20; i++)
        p.session(`j${i}`, 'jane').login('app-1').read('app-1').read('app-2').ended();
      for (let i = 0; i < 9; i++) {
        const session = p
          .session(`k${i}`, 'kate')
          .login('app-1')
          .asks('app-2', { status: 403, ...other });
        p.session(`l${i}`, 'kate').login('app-1').ended();
        session.signedOut('app-1').ended();
      }
    });
    expect(replaced.finding).toBe('9 of 38 sessions lost');
    // A second login or a logout did not cause a loss that came before it. It also did not cause a loss if an instance
    // still honours the session.
    const local = judged(p => {
      for (let i = 0; i < 4; i++) p.session(`c${i}`, 'carol').login('app-1').read('app-1').ended();
      for (let i = 0; i < 4; i++)
        p.session(`d${i}`, 'dave').login('app-1').read('app-1').signedOut('app-2').read('app-1').ended();
    });
    expect([local.finding, local.anomalies.flatMap(({ notes }) => notes).join()]).toEqual([
      '4 of 8 sessions lost',
      expect.not.stringContaining('sessions'),
    ]);
  });

  it('counts a cookie that an error response deletes', () => {
    const verdict = judged(p =>
      p
        .session('s1', 'alice')
        .login('app-1')
        .write('x', 'app-2', {
          outcome: 'info',
          status: 503,
          cookies: [{ name: 'sid', change: 'deleted' }],
        }),
    );
    expect(verdict.judgement).toBe('violated');
  });

  it('does not count an error, a refusal or a lost response as a lost session', () => {
    const verdict = judged(p =>
      p
        .session('s1', 'alice')
        .login('app-1')
        .hops(20)
        .write('a', 'app-2', { outcome: 'info', status: 502 })
        .write('b', 'app-1', { outcome: 'fail', status: 429 })
        .write('c', 'app-2', { outcome: 'info' })
        .hops(2),
    );
    expect(verdict.judgement).toBe('valid');
  });

  it('does not judge requests that overlap the logout, or follow it', () => {
    const picture = new Picture();
    const session = picture.session('s1', 'alice').login('app-1').hops(20);
    const call = picture.now;
    session.logout('app-1');
    session.read('app-2', [], { signedIn: 'out', outcome: 'fail', call: call - 100, return: call + 100 });
    session.signedOut('app-2');
    expect(picture.verdict('continuity').judgement).toBe('valid');
  });

  it('is violated when a form of one instance is refused by another, and not by a wrong password', () => {
    const pairs = judged(p => {
      for (let i = 0; i < 2; i++) p.session(`s${i}`, 'alice').form('app-1').refusedLogin('app-2');
      p.session('s2', 'alice').form('app-1').login('app-1').hops(20);
    });
    expect(pairs).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(pairs.anomalies[0]?.summary).toContain('form from app-1, posted to app-2');
    const wrong = judged(p => p.session('s1', 'alice').form('app-1').refusedLogin('app-2'));
    expect(wrong.judgement).toBe('unknown');
  });

  it('does not count one wrong password among many accounts as a login that fails across instances', () => {
    const verdict = judged(p => {
      for (let i = 0; i < 39; i++)
        p.session(`s${i}`, `user${i}`).form('app-1').login('app-2').hops(2).ended();
      for (let i = 0; i < 9; i++) p.session(`w${i}`, 'wrong').form('app-1').refusedLogin('app-2').ended();
    });
    expect(verdict.judgement).toBe('valid');
    const picture = new Picture();
    for (let i = 0; i < 3; i++) picture.session(`w${i}`, 'wrong').form('app-1').refusedLogin('app-2').ended();
    picture.session('s', 'alice').form('app-1').refusedLogin('app-2').login('app-2');
    expect(picture.result().remarks.join()).toContain(
      'every login of wrong (3 times) was refused: correct the passwords in `accounts`',
    );
  });

  it('does not count a login whose form failed: 503 while the store is down', () => {
    const verdict = judged(p => {
      for (let i = 0; i < 5; i++) p.session(`a${i}`, 'alice').form('app-1').login('app-1').hops(4).ended();
      for (let i = 0; i < 5; i++)
        p.session(`b${i}`, 'alice')
          .form('app-1', { outcome: 'fail', status: 503 })
          .refusedLogin('app-2')
          .ended();
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('does not count a login that is refused because of too many logins, or whose end is unknown', () => {
    for (const shown of [
      { outcome: 'fail', signedIn: undefined, status: 429 },
      { outcome: 'info', signedIn: undefined, status: 504 },
    ] as const) {
      const verdict = judged(p => {
        for (let i = 0; i < 20; i++) p.session(`a${i}`, 'alice').form('app-1').login('app-1').hops(2).ended();
        for (let i = 0; i < 20; i++) p.session(`b${i}`, 'alice').form('app-1').login('app-2', shown).ended();
      });
      expect(verdict).toMatchObject({ judgement: 'valid', violations: 0 });
    }
  });

  it('blames no pair for refusals that are as frequent on one instance alone', () => {
    const verdict = judged(p => {
      for (let i = 0; i < 40; i++) {
        const session = p.session(`s${i}`, 'alice').form('app-1');
        const to = i % 2 === 0 ? 'app-1' : 'app-2';
        if (i % 8 < 2) session.refusedLogin(to).ended();
        else session.login(to).hops(2).ended();
      }
    });
    expect(verdict.judgement).toBe('valid');
    // An instance refuses logins with the form of another instance far more often than logins with its own form. This
    // is a violation.
    const often = judged(p => {
      for (let i = 0; i < 20; i++) p.session(`a${i}`, 'alice').form('app-1').login('app-1').hops(2).ended();
      p.session('c', 'alice').form('app-1').login('app-2').ended();
      for (let i = 0; i < 20; i++) p.session(`b${i}`, 'alice').form('app-1').refusedLogin('app-2').ended();
    });
    expect(often).toMatchObject({ judgement: 'violated', violations: 1 });
  });

  it('needs ten handoffs, and counts the judged requests: pages, and deletions of the cookie', () => {
    const enough = (hops: number) => judged(p => p.session('s1', 'alice').login('app-1').hops(hops));
    expect(verdictText(enough(9))).toMatchInlineSnapshot(`
      "unknown
      why: 9 handoffs among 9 requests, 10 are needed: a session that stays on one instance proves nothing. Run at least two instances behind a balancer that is not sticky, for longer, and check that \`instance\` in the target file distinguishes them
      rests on requests 9, handoffs 9, sessions 1, login pairs 0"
    `);
    expect(enough(10).judgement).toBe('valid');
    const some = judged(p => {
      p.session('s1', 'alice').login('app-1').write('a', 'app-2').hops(3).logout('app-1').ended();
      p.session('s2', 'bob').refusedLogin('app-1').ended();
      p.session('s3', 'carol').login('app-1', { outcome: 'info', status: 504, signedIn: undefined }).ended();
    });
    expect(some.rests).toEqual({ requests: 3, handoffs: 2, sessions: 1, 'login pairs': 0 });
  });

  it('shows the login, the last success before, and the request that was not honoured', () => {
    const verdict = judged(p => {
      p.session('s1', 'alice').login('app-1').signedOut('app-1').ended();
      p.session('s2', 'bob').login('app-1').write('a', 'app-2').signedOut('app-1').ended();
      p.session('s3', 'carol')
        .login('app-1')
        .read('app-2')
        .signedOut('app-2', { instance: undefined })
        .ended();
      p.session('s4', 'dave').login('app-1', { instance: undefined }).signedOut('app-2').ended();
      p.session('s5', 'eve').login('app-1').read('app-2', [], { sawUser: 'mallory' }).ended();
      p.session('s6', 'fred').login('app-1').signedOut('app-2').ended();
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 5
      5 of 6 sessions lost
      rests on requests 6, handoffs 3, sessions 6, login pairs 0
      LOSS continuity s1 alice: app-1 did not know the session any more, although the user had not logged out
        #1 login on app-1: logged in
        #2 read on app-1 fail: expected signed in as alice; came signed out
      LOSS continuity s2 bob: app-2 knew the session, app-1 did not, although the user had not logged out
        #3 login on app-1: logged in
        #4 add a on app-2: acknowledged
        #5 read on app-1 fail: expected signed in as bob; came signed out
      LOSS continuity s3 carol: app-2 knew the session, an instance did not, although the user had not logged out
        #6 login on app-1: logged in
        #7 read on app-2: signed in
        #8 read fail: expected signed in as carol; came signed out
      LOSS continuity s4 dave: app-2 did not know the session any more, although the user had not logged out
        #9 login: logged in
        #10 read on app-2 fail: expected signed in as dave; came signed out
      LOSS continuity s6 fred: app-1 knew the session, app-2 did not, although the user had not logged out
        #13 login on app-1: logged in
        #14 read on app-2 fail: expected signed in as fred; came signed out"
    `);
  });

  it('reports how each instance responded to a lost session until it ended', () => {
    const verdict = judged(p => {
      const lost = p.session('s1', 'alice').login('app-1').signedOut('app-2');
      lost.read('app-2').signedOut('app-1').read('app-2').read('app-2', [], { instance: undefined });
      lost.write('a', 'app-3').ended();
      // Responses to s2 and s4, and to a later session named s1, are not counted for the first session s1.
      p.session('s2', 'bob').login('app-1').read('app-3').signedOut('app-1').ended();
      p.session('s1', 'alice').login('app-1').read('app-3').logout('app-1').signedOut('app-3').ended();
      p.session('s4', 'dave').login('app-2').signedOut('app-1').read('app-2');
    });
    expect(verdict.anomalies.map(({ session, notes }) => [session, ...notes])).toMatchInlineSnapshot(`
      [
        [
          "s1",
          "the same cookie sent again afterwards: app-1 honoured it 0 of 1 times, app-2 honoured it 2 of 2 times",
        ],
        [
          "s2",
        ],
        [
          "s4",
          "the same cookie sent again afterwards: app-2 honoured it 1 of 1 times",
        ],
      ]
    `);
  });

  it('is violated by logins of several pages that only one instance can finish', () => {
    const at = (bit: number): string => (bit === 0 ? 'app-1' : 'app-2');
    const logins = (accepts: (steps: readonly string[]) => boolean) => (p: Picture) => {
      for (let i = 0; i < 24; i++) {
        const [first, second, last] = [at(i & 1), at(i & 2), at(i & 4)] as const;
        const session = p.session(`s${i}`, 'alice').form('app-1').form(first).form(second);
        (accepts([first, second, last]) ? session.login(last) : session.refusedLogin(last)).ended();
      }
    };
    const broken = judged(logins(steps => new Set(steps).size === 1));
    expect(broken.judgement).toBe('violated');
    expect(broken.anomalies.map(({ summary, notes }) => [summary, ...notes])).toEqual([
      [
        'a login begun on one instance could not be finished on another (steps on several instances)',
        'refused 18 of 18 times, for accounts that are accepted elsewhere',
      ],
    ]);
    expect(broken.anomalies[0]?.witness.map(({ operation }) => operation.instance)).toEqual([
      ...['app-2', 'app-1', 'app-1'],
    ]);
    expect(judged(logins(() => true)).violations).toBe(0);
    // Refuses every fourth login, whichever instances served it.
    let number = 0;
    expect(judged(logins(() => ++number % 4 !== 0)).violations).toBe(0);
  });

  it('reports the pairs of instances that accept logins beside the one that refuses', () => {
    const pairs = (p: Picture) => {
      for (let i = 0; i < 3; i++) p.session(`a${i}`, 'alice').form('app-1').login('app-1').ended();
      for (let i = 0; i < 2; i++) p.session(`b${i}`, 'alice').form('app-1').refusedLogin('app-2').ended();
      p.session('d', 'eve').form('app-2').login('app-2').ended();
      for (let i = 0; i < 2; i++) p.session(`e${i}`, 'eve').form('app-2').refusedLogin('app-1').ended();
      // A refused login is no evidence against a pair of instances if the app is busy or unavailable, or if the
      // instance is not known.
      p.session('f', 'fred')
        .form('app-1')
        .login('app-3', { outcome: 'fail', signedIn: undefined, status: 429 });
      p.session('g', 'gina').form('app-1').login('app-3', { outcome: 'info', signedIn: 'out', status: 504 });
      p.session('h', 'hal').form('app-1').login('app-1', { instance: undefined });
      p.session('i', 'ida').form('app-2', { instance: undefined }).refusedLogin('app-1');
    };
    expect(verdictText(judged(pairs))).toMatchInlineSnapshot(`
      "violated, 2
      0 of 5 sessions lost; logins refused on 2 of 5 pairs of instances
      rests on requests 0, handoffs 0, sessions 5, login pairs 5
      LOSS continuity: a login begun on one instance could not be finished on another (form from app-1, posted to app-2)
        #7 form on app-1: gave the login form
        #8 login on app-2 fail: expected login accepted; came login refused
        (refused 2 of 2 times, for accounts that are accepted elsewhere)
        (accepted: form from app-1, posted to app-1; form from app-2, posted to app-2)
      LOSS continuity: a login begun on one instance could not be finished on another (form from app-2, posted to app-1)
        #13 form on app-2: gave the login form
        #14 login on app-1 fail: expected login accepted; came login refused
        (refused 2 of 2 times, for accounts that are accepted elsewhere)
        (accepted: form from app-1, posted to app-1; form from app-2, posted to app-2)"
    `);
    const lost = judged(p => {
      pairs(p);
      p.session('z', 'zoe').login('app-1').signedOut('app-2').ended();
    });
    expect(lost.finding).toMatchInlineSnapshot(
      `"1 of 6 sessions lost; logins refused on 2 of 5 pairs of instances"`,
    );
  });

  it('compares a login with the form that its own session got since its last login', () => {
    const verdict = judged(p => {
      p.session('s1', 'alice').form('app-1').login('app-1').ended();
      // If the password is wrong, every instance refuses the login, even with a form that it sent itself.
      p.session('s2', 'bob').form('app-1').refusedLogin('app-1').refusedLogin('app-2').ended();
      p.session('s3', 'carol').form('app-1').ended();
      p.session('s3', 'carol').refusedLogin('app-2').ended();
    });
    expect(stories(verdict)).toBe('');
    expect(verdict).toMatchObject({ judgement: 'unknown', rests: { 'login pairs': 1 } });
    const signedIn = judged(p => {
      for (let i = 0; i < 4; i++)
        p.session(`s${i}`, 'alice').login('app-1').form('app-1').refusedLogin('app-2').ended();
    });
    expect(signedIn.rests['login pairs']).toBe(0);
  });
});
