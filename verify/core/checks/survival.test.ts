import { describe, expect, it } from 'vitest';
import type { Declared } from '../history.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';

const judged = (draw: (picture: Picture) => void, survival?: number) => {
  const declared: Declared = survival === undefined ? {} : { budgets: { survival } };
  const picture = new Picture({ declared });
  draw(picture);
  return picture.verdict('survival');
};

const early = (p: Picture, count = 10): SessionPicture[] =>
  Array.from({ length: count }, (_, i) =>
    p
      .session(`s${i}`, 'alice')
      .login('app-1')
      .write(`v${i}`, 'app-1')
      .read('app-2', [`v${i}`]),
  );
const fault = (p: Picture, id = 1) =>
  p.disturb(id, 'restart', { where: 'redis' }).wait(1000).heal(id).wait(1000);
const finals = (p: Picture, all: SessionPicture[]) => {
  p.phase('final');
  for (const session of all) session.read('app-1', [`v${session.name.slice(1)}`]);
};

describe('survival', () => {
  it('is unknown without a fault, with one that never bit, without final reads, and with few sessions', () => {
    expect(judged(p => finals(p, early(p))).why).toContain('no fault to survive');
    const idle = judged(p => {
      const all = early(p);
      p.disturb(1, 'restart').heal(1, { bit: false });
      finals(p, all);
    });
    expect(idle.why).toContain('not seen to take effect: restart');
    const unread = judged(p => {
      early(p);
      fault(p);
    });
    expect(unread.why).toContain('no final reads');
    const few = judged(p => {
      const all = early(p, 3);
      fault(p);
      finals(p, all);
    });
    expect(few.why).toBe('3 sessions from before restart of redis asked for at the end, 10 are needed');
  });

  it('is valid when all outlived the fault, and says so', () => {
    const verdict = judged(p => {
      const all = early(p);
      fault(p);
      finals(p, all);
    });
    expect(verdict).toMatchObject({
      judgement: 'valid',
      finding: 'restart of redis: 10 of 10 sessions survived (≥ 74 % at 95 %), 10 of 10 acknowledged writes',
    });
  });

  it('is violated by sessions that are gone, beyond the declared share', () => {
    const lose = (survival?: number) =>
      judged(p => {
        const all = early(p, 20);
        fault(p);
        all[0]?.signedOut('app-1').ended();
        finals(p, all.slice(1));
      }, survival);
    expect(lose().anomalies[0]).toMatchObject({
      name: 'GONE',
      summary: '1 of 20 sessions did not outlive restart of redis',
    });
    expect(lose(0.95).judgement).toBe('valid');
    expect(lose(0.96).judgement).toBe('violated');
  });

  it('is violated by acknowledged writes that are gone, and not by those taken out or never acknowledged', () => {
    const draw = (change: (session: SessionPicture) => void) =>
      judged(p => {
        const all = early(p);
        const [first] = all;
        if (first !== undefined) change(first);
        fault(p);
        finals(p, all.slice(1));
        first?.read('app-1', ['v0']);
      });
    const lost = draw(session => session.write('w', 'app-2').read('app-1', ['v0', 'w']));
    expect(lost.anomalies[0]?.summary).toBe('1 of 11 acknowledged writes did not outlive restart of redis');
    expect(lost.anomalies[0]?.witness.map(step => step.came)).toEqual([
      'acknowledged',
      'showed "w"',
      '"w" is not there',
    ]);
    expect(
      draw(s => s.write('w', 'app-2').remove('w', 'app-1', { outcome: 'info', status: 504 })).judgement,
    ).toBe('valid');
    expect(draw(s => s.write('w', 'app-2', { outcome: 'info', status: 504 })).judgement).toBe('valid');
    // Gone before the fault: a lost update, and no doing of the restart.
    expect(draw(s => s.write('w', 'app-2').read('app-1', ['v0'])).judgement).toBe('valid');
  });

  it('blames the fault in whose time it happened', () => {
    const verdict = judged(p => {
      const all = early(p, 12);
      fault(p, 1);
      for (const session of all) session.read('app-2', [`v${session.name.slice(1)}`]);
      p.disturb(2, 'failover').wait(1000).heal(2);
      all[0]?.signedOut('app-1').ended();
      finals(p, all.slice(1));
    });
    expect(verdict).toMatchObject({ violations: 1 });
    expect(verdict.anomalies[0]?.summary).toBe('1 of 12 sessions did not outlive failover');
    expect(verdict.finding).toContain('restart of redis: 12 of 12 sessions survived');
  });

  it('does not count sessions that logged out, were lost before, or are back at the end', () => {
    const verdict = judged(p => {
      const all = early(p);
      p.session('o', 'bob').login('app-1').read('app-2').logout('app-1').signedOut('app-2').ended();
      p.session('l', 'bob').login('app-1').signedOut('app-2').ended();
      fault(p);
      all[0]?.signedOut('app-2');
      finals(p, all);
    });
    expect(verdict).toMatchObject({ judgement: 'valid', rests: { 'sessions from before': 10 } });
  });
});
