import { describe, expect, it } from 'vitest';
import type { Declared } from '../history/history.ts';
import { Picture, type SessionPicture } from '../testing/picture.ts';
import { stories, verdictText } from '../testing/verdict-text.ts';

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
  it('is unknown without a fault, with one that took no effect, without final reads, and with few sessions', () => {
    expect(judged(p => finals(p, early(p))).why).toContain('no fault to survive');
    const idle = judged(p => {
      const all = early(p);
      p.disturb(1, 'restart').heal(1, { bit: false });
      finals(p, all);
    });
    expect(idle.why).toContain('no effect was seen of restart');
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
    expect(few.why).toBe('3 sessions from before restart of redis with a final read, 10 are needed');
  });

  it('is valid if all survived the fault, and reports that', () => {
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
      summary: '1 of 20 sessions did not survive restart of redis',
    });
    expect(lose(0.95).judgement).toBe('valid');
    expect(lose(0.96).judgement).toBe('violated');
  });

  it('is violated by lost acknowledged writes, and not by writes that were removed or never acknowledged', () => {
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
    expect(lost.anomalies[0]?.summary).toBe('1 of 11 acknowledged writes did not survive restart of redis');
    expect(lost.anomalies[0]?.witness.map(step => step.came)).toEqual([
      'acknowledged',
      'showed "w"',
      '"w" is not there',
    ]);
    expect(
      draw(s => s.write('w', 'app-2').remove('w', 'app-1', { outcome: 'info', status: 504 })).judgement,
    ).toBe('valid');
    expect(draw(s => s.write('w', 'app-2', { outcome: 'info', status: 504 })).judgement).toBe('valid');
    // The write was lost before the fault, so the fault is not the cause. It is a lost update.
    expect(draw(s => s.write('w', 'app-2').read('app-1', ['v0'])).judgement).toBe('valid');
  });

  it('blames the fault during which the session was lost', () => {
    const verdict = judged(p => {
      const all = early(p, 12);
      fault(p, 1);
      for (const session of all) session.read('app-2', [`v${session.name.slice(1)}`]);
      p.disturb(2, 'failover').wait(1000).heal(2);
      all[0]?.signedOut('app-1').ended();
      finals(p, all.slice(1));
    });
    expect(verdict).toMatchObject({ violations: 1 });
    expect(verdict.anomalies[0]?.summary).toBe('1 of 12 sessions did not survive failover');
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

describe('survival, exact messages', () => {
  const value = (session: SessionPicture) => [`v${session.name.slice(1)}`];

  it('says for each fault how much it rests on', () => {
    const verdict = judged(p => {
      const all = early(p, 11);
      fault(p, 1);
      p.session('x', 'bob').login('app-1').read('app-1');
      p.disturb(2, 'failover').wait(1000).heal(2).wait(1000);
      finals(p, all);
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "valid
      restart of redis: 11 of 11 sessions survived (≥ 76 % at 95 %), 11 of 11 acknowledged writes; failover: 11 of 11 sessions survived (≥ 76 % at 95 %), 11 of 11 acknowledged writes
      rests on faults 2, sessions from before 22, writes from before 22"
    `);
    const nine = judged(p => {
      const all = early(p, 9);
      fault(p);
      finals(p, all);
    });
    expect(verdictText(nine)).toMatchInlineSnapshot(`
      "unknown
      why: 9 sessions from before restart of redis with a final read, 10 are needed
      rests on faults 1, sessions from before 9, writes from before 9"
    `);
    const interrupted = judged(p => {
      early(p);
      fault(p);
      p.phase('final').phase('settle');
    });
    expect(interrupted.why).toBe('no final reads were recorded: do not interrupt the run');
    const several = judged(p => {
      p.disturb(1, 'restart').disturb(2, 'kill').disturb(3, 'kill').heal(1);
    });
    expect(several.why).toContain('no effect was seen of kill: check');
  });

  it('shows the lost session: its last success, and the refused request', () => {
    const verdict = judged(p => {
      const all = early(p, 12);
      p.session('bare', 'carol').login('app-2').ended();
      fault(p);
      p.session('s8', 'alice').ended();
      all[1]?.signedOut('app-2').ended();
      finals(p, [...all.slice(0, 1), ...all.slice(2)]);
      const bare = p.session('late', 'dave').login('app-1');
      bare.signedOut('app-2').ended();
    }, 0.99);
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 1
      restart of redis: 10 of 11 sessions survived (≥ 64 % at 95 %), 10 of 10 acknowledged writes
      rests on faults 1, sessions from before 11, writes from before 10
      GONE survival s1 alice: 1 of 11 sessions did not survive restart of redis; 99 % must
        #6 read on app-2: the session lived
        #38 read on app-2 fail: expected signed in as alice; came signed out"
    `);
    const login = judged(p => {
      const session = p.session('s', 'carol').login('app-2');
      fault(p);
      session.signedOut('app-1');
    });
    expect(stories(login)).toMatchInlineSnapshot(`
      "GONE survival s carol: 1 of 1 session did not survive restart of redis
        #1 login on app-2: logged in
        #2 read on app-1 fail: expected signed in as carol; came signed out"
    `);
  });

  it('blames no fault that ended before the last success, or began after the refusal', () => {
    const sessionsOf = (draw: (p: Picture, session: SessionPicture) => void) => {
      const { anomalies, rests } = judged(p => {
        const session = p.session('s', 'carol').login('app-2');
        draw(p, session);
      });
      return [rests['sessions from before'], anomalies.length];
    };
    const kill = (p: Picture) => p.disturb(1, 'kill').wait(1000).heal(1).wait(1000);
    const earlier = sessionsOf((p, session) => {
      kill(p);
      session.read('app-1').signedOut('app-1');
    });
    const between = sessionsOf((p, session) => {
      session.read('app-1');
      kill(p);
      session.signedOut('app-1');
    });
    const later = sessionsOf((p, session) => {
      session.signedOut('app-1');
      kill(p);
    });
    expect([earlier, between, later]).toEqual([
      [1, 0],
      [1, 1],
      [0, 0],
    ]);
    const born = sessionsOf(p => {
      kill(p);
      p.session('t', 'dave').login('app-1').read('app-2').signedOut('app-1');
    });
    expect(born).toEqual([0, 0]);
  });

  it('checks at the end the sessions that were not ended, by requests with their own cookies', () => {
    const { rests } = judged(p => {
      const all = early(p);
      p.session('out', 'bob').login('app-1').read('app-2').logout('app-1');
      const never = p.session('never', 'bob').read('app-1');
      fault(p);
      p.phase('final');
      for (const session of all.slice(0, 4)) session.read('app-1', value(session));
      all[4]?.write('w', 'app-1');
      all[5]?.honours('old', 'app-1');
      all[6]?.read('app-1', value(all[6])).logout('app-1').signedOut('app-1');
      all[7]?.asks('app-1');
      never.read('app-2');
      all[8]?.signedOut('app-1').read('app-2', value(all[8]));
    });
    expect(rests['sessions from before']).toBe(6);
  });

  it('counts a session for the faults that began after the return of its login, and before its last success', () => {
    /**
     * Builds a session that logs in at 500 µs. If `alive`, a read at 10,000 µs succeeds. Otherwise the app refuses a
     * read that lasts from 5,000 to 5,500 µs.
     */
    const counted = (alive: boolean, begin: number, end = begin) => {
      const { rests, violations } = judged(p => {
        const session = p.session('s', 'alice').login('app-1', { call: 0, return: 500 });
        p.add({ type: 'fault', id: 1, name: 'kill', clock: 'c0', begin, end, bit: true });
        if (!alive) session.read('app-2', [], { call: 2000, return: 2500 });
        if (!alive) session.signedOut('app-1', { call: 5000, return: 5500 }).ended();
        p.phase('final');
        if (alive) session.read('app-1', [], { call: 10_000 });
      });
      return [rests['sessions from before'], violations];
    };
    expect([counted(true, 500), counted(true, 501)]).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect([counted(true, 10_000), counted(true, 10_001)]).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect([counted(false, 500, 5000), counted(false, 501, 5000)]).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect([counted(false, 600, 1999), counted(false, 600, 2000)]).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect([counted(false, 5500), counted(false, 5501)]).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  it('counts a session as alive if any final read shows it, and ignores one that logged out', () => {
    const verdict = judged(p => {
      const all = early(p);
      const out = p.session('out', 'bob').login('app-1').read('app-2');
      fault(p);
      out.signedOut('app-1').logout('app-1').ended();
      p.phase('final');
      all[0]?.signedOut('app-1').read('app-2', ['v0']);
      all[1]?.signedOut('app-1').signedOut('app-2');
      for (const session of all.slice(2)) session.read('app-1', value(session));
    });
    expect(verdict).toMatchObject({ violations: 1, rests: { 'sessions from before': 10 } });
    expect(verdict.anomalies[0]).toMatchObject({ session: 's1' });
  });

  it('names faults by number if one happened several times', () => {
    const verdict = judged(p => {
      const all = early(p, 10);
      for (let id = 1; id <= 12; id++) fault(p, id);
      finals(p, all);
    });
    expect(verdict.finding.split('; ')).toEqual(
      Array(12).fill(
        'restart of redis: 10 of 10 sessions survived (≥ 74 % at 95 %), 10 of 10 acknowledged writes',
      ),
    );
  });

  it('takes losses during a fault as its effect, if nothing else shows one', () => {
    const verdict = judged(p => {
      const all = early(p, 12);
      p.disturb(1, 'restart').wait(1000).heal(1, { bit: false }).wait(1000);
      all[0]?.signedOut('app-1').ended();
      finals(p, all.slice(1));
    });
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "violated, 1
      restart: 11 of 12 sessions survived (≥ 66 % at 95 %), 11 of 11 acknowledged writes
      rests on faults 1, sessions from before 12, writes from before 11
      GONE survival s0 alice: 1 of 12 sessions did not survive restart
        #3 read on app-2: the session lived
        #37 read on app-1 fail: expected signed in as alice; came signed out"
    `);
  });

  it('reports no lost writes beside a fault that had no effect: one ledger says both', () => {
    /** Builds ten writes that are lost after the fault. If `shown` is true, a read before the fault shows them. */
    const lossesOf = (shown: boolean) => {
      const picture = new Picture({ claims: ['survival'] });
      const all = Array.from({ length: 12 }, (_, i) => {
        const session = picture
          .session(`s${i}`, 'alice')
          .login('app-1')
          .write(`v${i}`, 'app-1')
          .write(`w${i}`, 'app-2');
        return shown
          ? session.read('app-2', [`v${i}`, `w${i}`])
          : session.read('app-2', [`v${i}`], { saw: undefined });
      });
      picture.disturb(1, 'restart', { where: 'redis' }).wait(1000).heal(1, { bit: false }).wait(1000);
      finals(picture, all);
      const { guarantees, faults } = picture.finish().result();
      return { verdict: guarantees.find(({ guarantee }) => guarantee === 'survival'), fault: faults?.[0] };
    };
    const lost = lossesOf(true);
    expect(lost.fault).toMatchObject({ bit: true, writes: { lost: 12 } });
    expect(lost.verdict).toMatchObject({ judgement: 'violated', violations: 1 });
    // No read shows that the writes existed when the fault began. So it is not known whether the fault took effect.
    const vague = lossesOf(false);
    expect(vague.fault).toMatchObject({ bit: false, writes: { lost: 0 } });
    expect(vague.verdict?.why).toContain('no effect was seen of restart of redis');
  });

  it('takes no loss as the effect of a fault if sessions are also lost without one', () => {
    const verdict = judged(p => {
      p.session('o', 'bob').login('app-1').signedOut('app-2').ended();
      const all = early(p, 12);
      p.disturb(1, 'restart').wait(1000).heal(1, { bit: false }).wait(1000);
      all[0]?.signedOut('app-1').ended();
      finals(p, all.slice(1));
    });
    expect(verdict).toMatchObject({ judgement: 'unknown', violations: 0 });
    expect(verdict.why).toContain('no effect was seen of restart');
  });

  it('is unknown if no write came before a fault', () => {
    const silent = (writes: number) =>
      judged(p => {
        const all = Array.from({ length: 12 }, (_, i) => {
          const session = p.session(`s${i}`, 'alice').login('app-1');
          return i < writes ? session.write(`v${i}`, 'app-1') : session.read('app-2', []);
        });
        fault(p);
        p.phase('final');
        all.forEach((session, i) => void session.read('app-1', i < writes ? [`v${i}`] : []));
      });
    expect(silent(0).why).toBe(
      '0 acknowledged writes from before restart of redis with a final read, 10 are needed: let sessions add to a ' +
        'set, list or bag without `cap` before the fault',
    );
    expect([silent(9).judgement, silent(10).judgement]).toEqual(['unknown', 'valid']);
  });

  it('counts few sessions, including lost ones', () => {
    const verdict = judged(p => {
      const all = early(p, 9);
      fault(p);
      all[0]?.signedOut('app-1').ended();
      finals(p, all.slice(1));
    }, 0.5);
    expect(verdictText(verdict)).toMatchInlineSnapshot(`
      "unknown
      why: 9 sessions from before restart of redis with a final read, 10 are needed
      rests on faults 1, sessions from before 9, writes from before 8"
    `);
  });
});
