import { describe, expect, it } from 'vitest';
import type { Declared } from '../history/history.ts';
import { Picture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

const SECOND = 1_000_000;
type Expiry = NonNullable<Declared['expiry']>;

const judged = (expiry: Expiry | undefined, draw: (picture: Picture) => void) => {
  const picture = new Picture(expiry === undefined ? {} : { declared: { expiry } });
  draw(picture);
  return picture.verdict('expiry');
};

const idle: Expiry = { idle: 60 * SECOND };
const absolute: Expiry = { absolute: 60 * SECOND };

/** Builds a session that logs in, reads on both instances, waits, and then reads on one instance. */
const waited = (p: Picture, name: string, seconds: number, alive: boolean, instance = 'app-1') => {
  const session = p.session(name, 'alice').login('app-1').read('app-2').read('app-1');
  p.wait(seconds * SECOND);
  return alive ? session.read(instance) : session.signedOut(instance);
};

const healthy = (p: Picture) => {
  for (const [i, instance] of ['app-1', 'app-2'].entries()) {
    waited(p, `a${i}`, 55, true, instance).ended();
    waited(p, `d${i}`, 64, false, instance).ended();
  }
};

describe('expiry', () => {
  it('is unknown without a declared timeout, if the run is too short, and if a refusal or a long life was not tried', () => {
    expect(judged(undefined, healthy).why).toContain('no timeout is declared');
    expect(judged({ idle: 1800 * SECOND }, healthy).why).toContain('longer than the run');
    expect(judged(idle, p => void waited(p, 's', 55, true)).why).toContain('longer than the run');
    expect(judged(idle, p => void waited(p, 's', 70, false)).why).toContain(
      'no session was used shortly before its end',
    );
    const half = judged(idle, p => {
      waited(p, 'a', 55, true).ended();
      waited(p, 'd', 64, false).ended();
    });
    expect(half.why).toContain('0 expired sessions on app-2');
  });

  it('is valid when sessions live as long as declared, and no longer', () => {
    expect(judged(idle, healthy)).toMatchObject({
      judgement: 'valid',
      rests: { 'used shortly before the end': 2, 'refused in time': 2, instances: 2 },
      finding: 'sessions end as declared (idle 60 s)',
    });
  });

  it('is violated by a session that ends too early, or too late, on one instance', () => {
    const early = judged(idle, p => {
      healthy(p);
      waited(p, 'e', 30, false, 'app-2');
    });
    expect(early).toMatchObject({ judgement: 'violated', violations: 1 });
    expect(early.anomalies[0]?.name).toBe('DRIFT');
    expect(early.anomalies[0]?.summary).toBe(
      'app-2 refuses a session 30 s after its last renewal, before the declared idle timeout of 60 s',
    );
    const late = judged(idle, p => {
      healthy(p);
      waited(p, 'l', 64, true, 'app-2');
    });
    expect(late.anomalies[0]?.summary).toContain(
      'app-2 honours a session 64 s after its last renewal, beyond',
    );
  });

  it('allows the larger of 2 s and 5 %', () => {
    for (const seconds of [57.5, 62.5]) {
      for (const alive of [true, false]) {
        const verdict = judged(idle, p => {
          healthy(p);
          waited(p, 't', seconds, alive);
        });
        expect(verdict.judgement).toBe('valid');
      }
    }
  });

  it('counts the idle timeout from activity on any instance, by the declared renewal', () => {
    const active = (expiry: Expiry, alive: boolean) =>
      judged(expiry, p => {
        healthy(p);
        const session = waited(p, 's', 40, true, 'app-2');
        p.wait(40 * SECOND);
        if (alive) session.read('app-1');
        else session.signedOut('app-1');
      }).judgement;
    expect(active({ ...idle, renew: 'each' }, true)).toBe('valid');
    expect(active({ ...idle, renew: 'each' }, false)).toBe('violated');
    expect(active({ ...idle, renew: 'half' }, true)).toBe('valid');
    expect(active({ ...idle, renew: 'half' }, false)).toBe('violated');
    expect(active({ ...idle, renew: 'write' }, true)).toBe('violated');
    expect(active({ ...idle, renew: 'write' }, false)).toBe('valid');
    expect(active({ ...idle, renew: 'never' }, true)).toBe('violated');
    expect(active({ ...idle, renew: 'never' }, false)).toBe('valid');
  });

  it('applies the absolute timeout whatever the activity', () => {
    const busy = (seconds: number, alive: boolean) =>
      judged(absolute, p => {
        healthy(p);
        const session = p.session('s', 'bob').login('app-1').read('app-2').read('app-1');
        for (let i = 0; i < seconds; i += 5) {
          p.wait(5 * SECOND);
          if (i + 5 < seconds || alive) session.read('app-1');
          else session.signedOut('app-1');
        }
      });
    expect(busy(55, true).judgement).toBe('valid');
    expect(busy(65, false).judgement).toBe('valid');
    expect(busy(70, true).anomalies[0]?.summary).toContain('beyond the declared absolute timeout of 60 s');
    expect(busy(40, false).judgement).toBe('violated');
  });

  it('calls nothing too late while a request without a response may have renewed the session', () => {
    const verdict = judged(idle, p => {
      healthy(p);
      const session = p.session('s', 'bob').login('app-1').read('app-2').read('app-1');
      session.write('x', 'app-2', { outcome: 'info', status: 504 });
      p.wait(90 * SECOND);
      session.read('app-1');
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('does not count a session that was lost, or ended by a fault, as an early end', () => {
    const lost = judged(idle, p => {
      healthy(p);
      p.session('l', 'bob').login('app-1').signedOut('app-2');
    });
    expect(lost.judgement).toBe('valid');
    const strange = judged(idle, p => {
      healthy(p);
      p.session('l', 'bob').login('app-1').signedOut('app-2');
      const session = p.session('w', 'bob').login('app-1');
      p.wait(30 * SECOND);
      session.signedOut('app-2');
    });
    expect(strange).toMatchObject({
      judgement: 'unknown',
      why: expect.stringContaining('restore continuity'),
    });
    const fault = judged(idle, p => {
      healthy(p);
      const session = p.session('f', 'bob').login('app-1').read('app-2');
      p.disturb(1, 'restart');
      p.wait(30 * SECOND);
      p.heal(1);
      session.signedOut('app-2');
    });
    expect(fault.judgement).toBe('valid');
  });

  it('counts an early refusal at first contact as DRIFT, if no session is lost without a wait', () => {
    const verdict = judged(idle, p => {
      healthy(p);
      const session = p.session('w', 'bob').login('app-1');
      p.wait(30 * SECOND);
      session.signedOut('app-2');
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
  });
});

describe('expiry, exact messages', () => {
  it('says how much it rests on: sessions that lived to four fifths, or were refused before five quarters', () => {
    const both: Expiry = { idle: 60 * SECOND, absolute: 80 * SECOND };
    expect(verdictText(judged(both, healthy))).toMatchInlineSnapshot(`
      "unknown
      why: no session was used shortly before its end, so the absolute timeout of 80 s was not tested
      rests on used shortly before the end 2, refused in time 2, instances 2"
    `);
    expect(verdictText(judged(absolute, healthy))).toMatchInlineSnapshot(`
      "valid
      sessions end as declared (absolute 60 s)
      rests on used shortly before the end 2, refused in time 2, instances 2"
    `);
    const tried = (expiry: Expiry, lived: number, refused: number) =>
      judged(expiry, p => {
        waited(p, 'a', lived, true).ended();
        for (const instance of ['app-1', 'app-2'])
          waited(p, `d-${instance}`, refused, false, instance).ended();
      });
    expect(tried(idle, 48, 77).judgement).toBe('valid');
    expect(verdictText(tried(idle, 47, 77))).toMatchInlineSnapshot(`
      "unknown
      why: no session was used shortly before its end, so the idle timeout of 60 s was not tested
      rests on used shortly before the end 0, refused in time 2, instances 2"
    `);
    expect(verdictText(tried(idle, 48, 79))).toMatchInlineSnapshot(`
      "unknown
      why: no session was used shortly after its end, so the idle timeout of 60 s was not tested
      rests on used shortly before the end 1, refused in time 0, instances 2"
    `);
    expect(tried(absolute, 48, 77).judgement).toBe('valid');
    expect(tried(absolute, 47, 77).why).toMatch(
      /^no session was used shortly before its end, so the absolute timeout/,
    );
  });

  it('needs a run as long as the timeout, from its first call to its last return', () => {
    const lasting = (microseconds: number) =>
      judged(idle, p => {
        p.session('s', 'alice').login('app-1', { call: 1000, return: 1500 });
        p.session('t', 'bob').login('app-1', { call: 2000, return: 1000 + microseconds });
      }).why;
    expect(lasting(60 * SECOND - 1)).toBe('the idle timeout of 60 s is longer than the run');
    expect(lasting(60 * SECOND)).toBe(
      'no session was used shortly before its end, so the idle timeout of 60 s was not tested',
    );
  });

  it('shows the login, the last possible renewal, and the response at the wrong time', () => {
    const idly = judged(idle, p => {
      healthy(p);
      p.session('none', 'bob').login('app-1').ended();
      waited(p, 'early', 30, false).ended();
      waited(p, 'late', 70, true).read('app-1').ended();
      const bare = p.session('bare', 'carol').login('app-1').login('app-1');
      p.wait(30 * SECOND);
      bare.signedOut('app-1').ended();
    });
    expect(verdictText(idly)).toMatchInlineSnapshot(`
      "violated, 3
      3 sessions did not end as declared
      rests on used shortly before the end 2, refused in time 2, instances 2
      DRIFT expiry early alice: app-1 refuses a session 30 s after its last renewal, before the declared idle timeout of 60 s
        #18 login on app-1: logged in
        #20 read on app-1: the last request that may have renewed the session
        #21 read on app-1 fail: expected signed in as alice; came signed out after 30 s
      DRIFT expiry late alice: app-1 honours a session 70 s after its last renewal, beyond the declared idle timeout of 60 s
        #22 login on app-1: logged in
        #24 read on app-1: the last request that may have renewed the session
        #25 read on app-1: expected signed out; came signed in after 70 s
      DRIFT expiry bare carol: app-1 refuses a session 30 s after its last renewal, before the declared idle timeout of 60 s
        #27 login on app-1: logged in
        #28 login on app-1: the last request that may have renewed the session
        #29 read on app-1 fail: expected signed in as carol; came signed out after 30 s"
    `);
    const absolutely = judged(absolute, p => {
      healthy(p);
      waited(p, 'early', 30, false).ended();
      waited(p, 'late', 70, true).read('app-1').ended();
      const bare = p.session('bare', 'carol').login('app-1');
      p.wait(70 * SECOND);
      bare.read('app-1', [], { instance: undefined }).ended();
    });
    expect(stories(absolutely)).toMatchInlineSnapshot(`
      "DRIFT expiry early alice: app-1 refuses a session 30 s after its login, before the declared absolute timeout of 60 s
        #17 login on app-1: logged in
        #19 read on app-1: signed in
        #20 read on app-1 fail: expected signed in as alice; came signed out after 30 s
      DRIFT expiry late alice: app-1 honours a session 70 s after its login, beyond the declared absolute timeout of 60 s
        #21 login on app-1: logged in
        #23 read on app-1: signed in
        #24 read on app-1: expected signed out; came signed in after 70 s
      DRIFT expiry bare carol: the app honours a session 70 s after its login, beyond the declared absolute timeout of 60 s
        #26 login on app-1: logged in
        #27 read: expected signed out; came signed in after 70 s"
    `);
  });

  it('reports at most five early refusals at first contact', () => {
    const strangers = (count: number, known: number) => {
      const verdict = judged(idle, p => {
        healthy(p);
        for (let i = 0; i < known; i++) waited(p, `k${i}`, 30, false).ended();
        for (let i = 0; i < count; i++) {
          const session = p.session(`w${i}`, 'bob').login('app-1');
          p.wait(30 * SECOND);
          session.signedOut('app-2').ended();
        }
      });
      return [verdict.violations, verdict.finding, ...verdict.anomalies.map(({ session }) => session)];
    };
    expect(strangers(2, 1)).toEqual([3, '3 sessions did not end as declared', 'k0', 'w0', 'w1']);
    expect(strangers(7, 0)).toEqual([7, '7 sessions did not end as declared', 'w0', 'w1', 'w2', 'w3', 'w4']);
    expect(strangers(3, 4)).toEqual([7, '7 sessions did not end as declared', 'k0', 'k1', 'k2', 'k3', 'w0']);
  });

  it('judges no session that logged out, was lost, or never began, nor requests with other cookies', () => {
    const { rests, violations } = judged(idle, p => {
      healthy(p);
      p.session('n', 'guest').read('app-9').read('app-1').ended();
      const out = waited(p, 'out', 55, true).logout('app-1').signedOut('app-1');
      p.wait(70 * SECOND);
      out.honours('old', 'app-1').signedOut('app-1').ended();
      const lost = p.session('lost', 'bob').login('app-1').signedOut('app-2');
      p.wait(70 * SECOND);
      lost.read('app-1').signedOut('app-2').ended();
      const other = p.session('other', 'bob').login('app-1').read('app-2');
      p.wait(70 * SECOND);
      for (const cookies of ['none', 'forged', 'invented'] as const) other.honours(cookies, 'app-1');
      other.refuses('old', 'app-1').ended();
      const late = waited(p, 'late', 64, false);
      late.read('app-1').signedOut('app-1').ended();
    });
    expect({ rests, violations }).toEqual({
      rests: { 'used shortly before the end': 3, 'refused in time': 4, instances: 2 },
      violations: 0,
    });
  });

  it('counts an instance as tried if it honours a session too late, or refuses one in time', () => {
    const { rests } = judged(idle, p => {
      p.session('n', 'guest').read('app-9').ended();
      waited(p, 'a', 55, true).ended();
      waited(p, 'd', 64, false, 'app-1').ended();
      waited(p, 'l', 70, true, 'app-2').read('app-2').signedOut('app-2').ended();
    });
    expect(rests).toEqual({ 'used shortly before the end': 1, 'refused in time': 1, instances: 2 });
  });
});
