import { describe, expect, it } from 'vitest';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { verdictText } from '../testing/verdict-text.ts';
import { Judge } from '../timeline/judge.ts';
import { CHECKS } from './index.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.verdict('one-session');
};

const id = (label: string) => ({ cookies: [{ name: 'sid', change: 'set' as const, label }] });

/** Builds a new client that sends its first two requests in parallel. Each response sets a different session id. */
function parallel(p: Picture, name: string): SessionPicture {
  const call = p.now;
  const session = p.session(name, 'alice');
  return session
    .form('app-1', { call, ...id(`${name}-1`) })
    .form('app-2', { call: call + 10, ...id(`${name}-2`) });
}

const singles = (p: Picture) => {
  for (let i = 1; i <= 3; i++) p.session(`n${i}`, 'bob').form('app-1').login('app-2').hops(2).ended();
};
const parallels = (p: Picture) => {
  for (let i = 1; i <= 3; i++) parallel(p, `p${i}`).login('app-2').hops(2).ended();
};

describe('one-session', () => {
  it('is unknown for an empty history, and without sessions to compare with', () => {
    expect(judged(() => {}).why).toContain('0 logins after overlapping first requests');
    expect(judged(singles).judgement).toBe('unknown');
    expect(judged(parallels).why).toContain('0 sessions without parallel first requests lived');
  });

  it('is valid if sessions after parallel first requests live, and reports that a jar got several ids', () => {
    const verdict = judged(p => {
      singles(p);
      parallels(p);
    });
    expect(verdict.judgement).toBe('valid');
    expect(verdict.finding).toContain('3 clients got more than one session id');
  });

  it('is violated when the login that follows is refused, or its session is lost', () => {
    const refused = judged(p => {
      singles(p);
      parallels(p);
      parallel(p, 'x').refusedLogin('app-1');
    });
    expect(refused).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(refused.anomalies[0]).toMatchObject({
      name: 'FORK',
      summary: 'after parallel first requests the login is refused',
    });
    expect(refused.anomalies[0]?.witness.map(step => step.operation.action)).toEqual([
      'form',
      'form',
      'login',
    ]);
    const lost = judged(p => {
      singles(p);
      parallels(p);
      parallel(p, 'x').login('app-1').signedOut('app-2');
    });
    expect(lost.anomalies[0]?.summary).toBe('after parallel first requests the session is lost');
  });

  it('is valid if a second login is accepted, and violated if it is refused too', () => {
    const again = (p: Picture) => parallel(p, 'x').refusedLogin('app-1').form('app-1');
    const accepted = judged(p => {
      singles(p);
      parallels(p);
      again(p).login('app-2').hops(2).ended();
    });
    expect(accepted).toMatchObject({ judgement: 'valid', violations: 0 });
    const refused = judged(p => {
      singles(p);
      parallels(p);
      again(p).refusedLogin('app-2').ended();
    });
    expect(refused).toMatchObject({ judgement: 'violated', violations: 1 });
  });

  it('is unknown if sessions without parallel first requests fail as well', () => {
    const verdict = judged(p => {
      singles(p);
      for (let i = 1; i <= 4; i++) {
        parallel(p, `p${i}`).login('app-1').signedOut('app-2').ended();
        p.session(`q${i}`, 'bob').form('app-1').login('app-1').signedOut('app-2').ended();
      }
    });
    expect(verdict).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('restore continuity'),
    });
  });

  it('accepts sequential requests, "too many requests", an unknown end and a fault', () => {
    const verdict = judged(p => {
      singles(p);
      parallels(p);
      p.session('o', 'alice')
        .form('app-1')
        .form('app-2')
        .login('app-1', { outcome: 'fail', status: 429 })
        .ended();
      parallel(p, 'b').login('app-1', { outcome: 'fail', status: 429 }).ended();
      parallel(p, 'i').login('app-1', { outcome: 'info', status: 504 }).ended();
      const faulted = parallel(p, 'f').login('app-1');
      p.disturb(1, 'kill');
      faulted.signedOut('app-2');
      p.heal(1);
    });
    expect(verdict.judgement).toBe('valid');
  });
});

describe('one-session, a login after a failed request for its form', () => {
  const failed = { outcome: 'info' as const, failure: 'timeout' as const, signedIn: undefined };
  const verdict = (form: object) =>
    judged(p => {
      singles(p);
      parallels(p);
      p.session('slow', 'bob').form('app-1', form).refusedLogin('app-2').ended();
      parallel(p, 'fork').refusedLogin('app-2').ended();
    });

  it('says nothing if it is refused: the login has no token of the form', () => {
    expect(verdict(failed)).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(verdict({})).toMatchObject({ why: expect.stringContaining('restore continuity') });
  });
});

describe('one-session, exact messages', () => {
  it('says how much it rests on: sessions that were used after their login', () => {
    const used = judged(p => {
      singles(p);
      parallels(p);
      parallel(p, 'unused').login('app-1').ended();
      parallel(p, 'no login').ended();
      p.session('unused too', 'bob').form('app-1').login('app-1').ended();
      // The first request of this session is its login.
      p.session('plain', 'bob').login('app-1').read('app-2').ended();
    });
    expect(verdictText(used)).toMatchInlineSnapshot(`
      "valid
      at most 63 % of logins after parallel first requests fail; 5 clients got more than one session id
      rests on after parallel first requests 3, without them 4"
    `);
    const few = (after: number, without: number) =>
      judged(p => {
        for (let i = 0; i < after; i++) parallel(p, `p${i}`).login('app-2').read('app-1').ended();
        for (let i = 0; i < without; i++) p.session(`n${i}`, 'bob').login('app-2').read('app-1').ended();
      });
    expect(verdictText(few(2, 3))).toMatchInlineSnapshot(`
      "unknown
      why: 2 logins after overlapping first requests of a new client, 3 are needed: send several requests at once, then log in
      rests on after parallel first requests 2, without them 3"
    `);
    expect(verdictText(few(3, 2))).toMatchInlineSnapshot(`
      "unknown
      why: 2 sessions without parallel first requests lived, but the comparison needs 3
      rests on after parallel first requests 3, without them 2"
    `);
    expect(few(3, 3).judgement).toBe('valid');
  });

  it('shows both first requests, the login, and the refused request', () => {
    const verdict = judged(p => {
      singles(p);
      parallel(p, 'x').refusedLogin('app-1').ended();
      const call = p.now;
      const y = p.session('y', 'carol').form('app-2', { call: call + 5, return: call + 400 });
      y.form('app-1', { call, return: call + 500 })
        .login('app-1')
        .read('app-1')
        .signedOut('app-2')
        .ended();
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 2
      2 of 2 logins after parallel first requests failed; 1 client got more than one session id
      rests on after parallel first requests 2, without them 3
      FORK one-session x alice: after parallel first requests the login is refused
        #13 form on app-1: without a cookie
        #14 form on app-2: without a cookie, at the same time
        #15 login on app-1 fail: expected login accepted; came login refused
        (the parallel responses set different session ids, and a browser keeps only one of them)
      FORK one-session y carol: after parallel first requests the session is lost
        #17 form on app-1: without a cookie, at the same time
        #16 form on app-2: without a cookie
        #18 login on app-1: logged in
        #20 read on app-2 fail: expected signed in as carol; came the session is lost"
    `);
  });

  it('calls the ids of two responses different if both set ids, and none is equal', () => {
    const set = (...labels: (string | undefined)[]) => ({
      cookies: labels.map(label => ({ name: 'sid', change: 'set' as const, ...(label && { label }) })),
    });
    const several = (one: object, other: object) => {
      const { finding } = judged(p => {
        singles(p);
        for (let i = 0; i < 3; i++) {
          const call = p.now;
          const session = p.session(`p${i}`, 'alice').form('app-1', { call, ...one });
          session.form('app-2', { call, ...other }).form('app-3', { call, ...set('third') });
          session.login('app-2').read('app-1').ended();
        }
      });
      return finding.endsWith('; 3 clients got more than one session id');
    };
    expect(several(set('a'), set('b'))).toBe(true);
    expect(several(set('a', 'c'), set('b', 'd'))).toBe(true);
    expect(several(set('a', 'b'), set('b', 'c'))).toBe(false);
    expect([several(set('a'), set('a')), several(set('a'), {}), several({}, set('a'))]).toEqual([
      false,
      false,
      false,
    ]);
    expect([
      several({}, {}),
      several(set(undefined), set('a')),
      several(set(undefined), set(undefined)),
    ]).toEqual([false, false, false]);
  });

  it('takes requests with the own cookies before the first login as first requests', () => {
    const { rests } = judged(p => {
      const call = p.now;
      const forged = { call, with: 'forged' } as const;
      p.session('a', 'alice')
        .form('app-1', { call })
        .form('app-2', forged)
        .login('app-1')
        .read('app-2')
        .ended();
      p.session('b', 'alice')
        .form('app-2', forged)
        .form('app-1', { call })
        .login('app-1')
        .read('app-2')
        .ended();
      const again = p.session('c', 'alice').form('app-1').login('app-1', { outcome: 'fail', status: 429 });
      again.form('app-2', { call: 0, return: p.now }).login('app-1').read('app-2').ended();
      p.session('d', 'alice')
        .form('app-1', { call: p.now, return: p.now + 900 })
        .login('app-1', { call: p.now + 800, with: 'invented' });
      p.session('e', 'alice').form('app-1').refusedLogin('app-2').login('app-2').read('app-1').ended();
    });
    expect(rests).toEqual({ 'after parallel first requests': 0, 'without them': 4 });
  });

  it('blames the first requests if sessions without them fail too, but much less often', () => {
    const failing = (after: number, without: number) =>
      judged(p => {
        for (let i = 0; i < 20; i++) {
          const [one, other] = [
            parallel(p, `p${i}`).login('app-1'),
            p.session(`n${i}`, 'bob').login('app-1'),
          ];
          if (i < after) one.signedOut('app-2');
          else one.read('app-2');
          if (i < without) other.signedOut('app-2');
          else other.read('app-2');
        }
      });
    expect(failing(14, 1)).toMatchObject({ judgement: 'violated', violations: 14, anomalies: { length: 5 } });
    expect(failing(6, 1)).toMatchObject({ judgement: 'unknown', violations: 0, anomalies: [] });
    expect(failing(1, 0).finding).toBe(
      '1 of 20 logins after parallel first requests failed; 20 clients got more than one session id',
    );
    expect(failing(20, 18).why).toMatch(/^2 sessions without parallel first requests lived/);
  });

  it('reports a FORK once it is certain, and not before', () => {
    const seen = (draw: (picture: Picture) => void) => {
      const picture = new Picture();
      draw(picture);
      const forks: (string | undefined)[] = [];
      const judge = new Judge(picture.run, CHECKS, ({ name, session }) => {
        if (name === 'FORK') forks.push(session);
      });
      for (const event of picture.events) judge.step(event);
      const before = [...forks];
      judge.finish();
      return { before, after: forks };
    };
    const refused = (p: Picture) => parallel(p, 'x').refusedLogin('app-1');
    expect(seen(refused)).toEqual({ before: [], after: [] });
    const certain = seen(p => {
      singles(p);
      refused(p);
    });
    expect(certain).toEqual({ before: [], after: ['x'] });
  });
});
