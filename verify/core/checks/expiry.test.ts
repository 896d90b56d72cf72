import { describe, expect, it } from 'vitest';
import type { Declared } from '../history.ts';
import { Picture } from '../testing/picture.ts';

const SECOND = 1_000_000;
type Expiry = NonNullable<Declared['expiry']>;

const judged = (expiry: Expiry | undefined, draw: (picture: Picture) => void) => {
  const picture = new Picture(expiry === undefined ? {} : { declared: { expiry } });
  draw(picture);
  return picture.verdict('expiry');
};

const idle: Expiry = { idle: 60 * SECOND };
const absolute: Expiry = { absolute: 60 * SECOND };

/** Logs in, is seen on both instances, waits, and is asked on one of them. */
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
  it('is unknown when nothing is declared, when the run is too short, and when one side was not tried', () => {
    expect(judged(undefined, healthy).why).toContain('no timeout is declared');
    expect(judged({ idle: 1800 * SECOND }, healthy).why).toContain('longer than the run');
    expect(judged(idle, p => void waited(p, 's', 55, true)).why).toContain('longer than the run');
    expect(judged(idle, p => void waited(p, 's', 70, false)).why).toContain(
      'no session lived to near its end',
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
      rests: { 'lived to near the end': 2, 'expired in time': 2, instances: 2 },
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
      'app-2 refuses a session 30 s idle, before the declared idle timeout of 60 s',
    );
    const late = judged(idle, p => {
      healthy(p);
      waited(p, 'l', 64, true, 'app-2');
    });
    expect(late.anomalies[0]?.summary).toContain('app-2 honours a session 64 s idle, beyond');
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

  it('counts the idle time from activity on any instance, by the declared renewal', () => {
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

  it('holds an absolute timeout whatever the activity', () => {
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

  it('calls nothing too late while a request without an answer may have renewed it', () => {
    const verdict = judged(idle, p => {
      healthy(p);
      const session = p.session('s', 'bob').login('app-1').read('app-2').read('app-1');
      session.write('x', 'app-2', { outcome: 'info', status: 504 });
      p.wait(90 * SECOND);
      session.read('app-1');
    });
    expect(verdict.judgement).toBe('valid');
  });

  it('does not take a lost session, or one that a fault took, for an early end', () => {
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

  it('calls an early end on an instance that was never asked before a drift where no session is lost otherwise', () => {
    const verdict = judged(idle, p => {
      healthy(p);
      const session = p.session('w', 'bob').login('app-1');
      p.wait(30 * SECOND);
      session.signedOut('app-2');
    });
    expect(verdict).toMatchObject({ judgement: 'violated', violations: 1 });
  });
});
