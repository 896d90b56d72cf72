import { describe, expect, it } from 'vitest';
import { Picture, type SessionPicture } from '../testing/picture.ts';

const judged = (draw: (picture: Picture) => void) => {
  const picture = new Picture();
  draw(picture);
  return picture.verdict('one-session');
};

const id = (label: string) => ({ cookies: [{ name: 'sid', change: 'set' as const, label }] });

/** Two first requests of a fresh jar at once, each with an id of its own. */
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
  it('is unknown of an empty history, and without something to compare', () => {
    expect(judged(() => {}).why).toContain('0 logins after overlapping first requests');
    expect(judged(singles).judgement).toBe('unknown');
    expect(judged(parallels).why).toContain('0 sessions without parallel first requests lived');
  });

  it('is valid when logins after parallel first requests live, and tells that a jar got several ids', () => {
    const verdict = judged(p => {
      singles(p);
      parallels(p);
    });
    expect(verdict.judgement).toBe('valid');
    expect(verdict.finding).toContain('3 jars got more than one id');
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

  it('is unknown when sessions without parallel first requests fail as well', () => {
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

  it('does not accuse requests one after the other, "too many requests", an unknown end or a fault', () => {
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
      const met = parallel(p, 'f').login('app-1');
      p.disturb(1, 'kill');
      met.signedOut('app-2');
      p.heal(1);
    });
    expect(verdict.judgement).toBe('valid');
  });
});
