import { describe, expect, it } from 'vitest';
import type { Counts } from '../checks/check.ts';
import { CHECKS } from '../checks/index.ts';
import { HistoryError } from '../history/parse.ts';
import { outcomeOf } from '../response/outcome.ts';
import { type Anomaly, combine } from '../result/verdict.ts';
import { Picture, PREFIX, runLine } from '../testing/picture.ts';
import { Judge } from './judge.ts';

describe('combine', () => {
  it('ranks violated over unknown over valid, and is unknown for an empty list', () => {
    expect(combine([])).toBe('unknown');
    expect(combine(['valid', 'valid'])).toBe('valid');
    expect(combine(['valid', 'unknown'])).toBe('unknown');
    expect(combine(['unknown', 'violated', 'valid'])).toBe('violated');
  });
});

describe('outcomeOf', () => {
  it.each([
    [{ status: 200 }, false, 'ok'],
    [{ status: 303 }, false, 'ok'],
    [{ status: 303 }, false, 'fail', 'out' as const],
    [{ status: 409 }, false, 'fail'],
    [{ status: 503 }, false, 'info'],
    [{ status: 503 }, true, 'fail'],
    [{ status: 399 }, false, 'ok'],
    [{ status: 400 }, false, 'fail'],
    [{ status: 500 }, false, 'info'],
    [{ status: 200, failure: 'garbled' as const }, false, 'info'],
    [{ failure: 'unresolved' as const }, false, 'fail'],
    [{ failure: 'refused' as const }, false, 'fail'],
    [{ failure: 'certificate' as const }, false, 'fail'],
    [{ failure: 'reset' as const }, false, 'info'],
    [{ failure: 'timeout' as const }, true, 'fail'],
    [{}, false, 'info'],
  ])('%o, safe %s: %s', (answer, safe, outcome, signedIn?: 'out') => {
    expect(outcomeOf(answer, signedIn, safe)).toBe(outcome);
  });
});

describe('a remark about refused writes of signed-in sessions', () => {
  const remarks = (refused: number, status: number) => {
    const picture = new Picture();
    const session = picture.session('s1', 'alice').login('app-1');
    for (let i = 0; i < 10; i++)
      session.write(`v${i}`, 'app-1', i < refused ? { status, outcome: 'fail' } : {});
    return picture.result().remarks.filter(remark => remark.startsWith('the app refused'));
  };

  it('names their share and an example, except for conflicts and for a single refusal', () => {
    expect(remarks(4, 403)).toEqual([
      expect.stringMatching(/^the app refused 4 of 10 writes of .* \(403 × 4\), .* session s1 on app-1 at /),
    ]);
    expect([remarks(1, 403), remarks(4, 409)]).toEqual([[], []]);
  });
});

describe('Judge', () => {
  it('fails a run only for claimed guarantees', () => {
    const draw = (claims: string[]) => {
      const picture = new Picture({ claims });
      const session = picture.session('s1', 'alice').login('app-1').write('a', 'app-1').hops(60, ['a']);
      session.write('b', 'app-1').read('app-2', ['a']);
      return picture.result();
    };
    expect(draw(['continuity', 'read-your-writes']).judgement).toBe('violated');
    const unclaimed = draw(['continuity']);
    expect(unclaimed.judgement).toBe('valid');
    expect(unclaimed.guarantees.find(v => v.guarantee === 'read-your-writes')).toMatchObject({
      claimed: false,
      judgement: 'violated',
    });
  });

  it('reports a claim that it cannot judge as unknown', () => {
    const judge = new Judge(
      runLine({ claims: ['rotation'] }),
      CHECKS.filter(check => check.guarantee !== 'rotation'),
    );
    const result = judge.finish();
    expect(result.judgement).toBe('unknown');
    const verdict = result.guarantees.find(({ guarantee }) => guarantee === 'rotation');
    expect(verdict?.why).toContain('does not judge it yet');
  });

  it('counts the requests of each instance', () => {
    const picture = new Picture();
    picture
      .session('s1', 'alice')
      .login('app-1')
      .read('app-2')
      .read('app-2')
      .read('app-1', [], { status: 500, outcome: 'fail' });
    expect(picture.result().tally).toMatchObject({
      operations: 4,
      ok: 3,
      fail: 1,
      sessions: 1,
      failures: { '500': 1 },
      instances: [
        { instance: 'app-1', requests: 2, share: 0.5, sessions: 1 },
        { instance: 'app-2', requests: 2, share: 0.5, sessions: 1 },
      ],
    });
  });

  it('takes a write without an end as possibly happened, and reports that the run was cut off', () => {
    const picture = new Picture();
    picture.session('s1', 'alice').login('app-1').write('a', 'app-1').hops(22, ['a']).write('b', 'app-1');
    picture.events.pop();
    const result = picture.result();
    expect(result.tally).toMatchObject({ info: 1, failures: { 'never ended': 1 } });
    expect(result.finished).toBe('cut off');
    expect(result.remarks[0]).toContain('cut off');
    expect(picture.verdict('read-your-writes').judgement).toBe('valid');
  });

  it('reports how many requests were sent again on a new connection', () => {
    const remarks = (times: number) => {
      const picture = new Picture();
      const session = picture.session('s1', 'alice').login('app-1');
      for (let i = 0; i < times; i++) session.read('app-1', [], { resent: true });
      return picture.finish().result().remarks.join();
    };
    expect(remarks(0)).toBe('');
    expect(remarks(1)).toMatch(/^1 read was sent again/);
    expect(remarks(2)).toMatch(/^2 reads were sent again/);
  });

  it('says how many instances seem to respond if none is named, and nothing otherwise', () => {
    const remarks = (instances: number, named: boolean) => {
      const picture = new Picture();
      const session = picture.session('s1', 'alice').login('app-1');
      for (const event of picture.events)
        if (!named && event.type === 'end') {
          delete event.instance;
          delete event.source;
        }
      if (named) session.read('app-1');
      picture.add({ type: 'fingerprint', instances, by: ['the ids', 'the clocks'] });
      return picture.finish().result().remarks;
    };
    expect(remarks(3, true)).toEqual([]);
    expect(remarks(1, false)).toEqual([
      expect.stringContaining('all responses look as if one instance sent them'),
    ]);
    expect(remarks(3, false)).toEqual([
      expect.stringContaining('by the ids and the clocks, 3 instances seem to respond'),
    ]);
  });

  it('names the first five users whose logins were all refused', () => {
    const remark = (users: number, times = 3) => {
      const picture = new Picture();
      for (let i = 1; i <= users; i++)
        for (let n = 0; n < times; n++)
          picture.session(`s${i}-${n}`, `user${i}`).refusedLogin('app-1').ended();
      return picture.finish().result().remarks.join();
    };
    expect(remark(5)).toContain('user5 (3 times) was refused');
    expect([remark(1, 2), remark(1, 1)]).toEqual([expect.stringContaining('user1 (2 times)'), '']);
    expect(remark(7)).toContain('user5 (3 times) and 2 more was refused');
  });

  it('refuses an end without a start, a second start and a second run', () => {
    const step =
      (...events: Parameters<Picture['add']>) =>
      () =>
        new Picture().add(...events).result();
    expect(step({ type: 'end', id: 7, outcome: 'ok' })).toThrow(HistoryError);
    expect(step(new Picture().run)).toThrow('second "run"');
    const started = new Picture();
    started.session('s1', 'alice').login('app-1');
    const [start] = started.events;
    if (start === undefined) throw new Error('no start');
    expect(step(start, start)).toThrow('started twice');
  });
});

describe('a run that is judged in parts, as k6 does', () => {
  const part = (name: string, user: string, onAnomaly?: (anomaly: Anomaly) => void) => {
    const picture = new Picture();
    const session = picture
      .session(name, user)
      .form('app-1')
      .login('app-2')
      .write(`${PREFIX}.${user}.s.1.aaaaaaaa`, 'app-1');
    session.hops(60, [`${PREFIX}.${user}.s.1.aaaaaaaa`]);
    if (user === 'bob') session.read('app-2', []).read('app-1', [], { sawUser: 'alice' }).signedOut('app-1');
    session.ended();
    const judge = new Judge(picture.run, CHECKS, onAnomaly, 'counts');
    for (const event of picture.events) judge.step(event);
    return { judge, events: picture.events };
  };

  it('has the same verdicts as a run that is judged whole, once the counts are added up', () => {
    const parts = [part('s1', 'alice'), part('s2', 'bob')];
    const whole = new Judge(runLine(), CHECKS);
    // Makes the operation ids unique, as a history requires.
    parts.forEach(({ events }, i) => {
      for (const event of events) whole.step('id' in event ? { ...event, id: event.id + i * 1000 } : event);
    });
    const verdicts = whole.finish().guarantees;
    const counted = parts.map(({ judge }) => judge.counts());
    CHECKS.forEach((check, index) => {
      const sum = counted.reduce<Counts>((all, checks) => addedUp(all, checks[index]?.counts ?? {}), {});
      const { anomalies: _, claimed: __, guarantee, ...verdict } = verdicts[index] ?? never();
      // Each part of the run counts its sources and its pairs of instances. So a sum would count some of them twice.
      const mine = check.conclude(
        { ...sum, sources: 1, pairs: guarantee === 'continuity' ? 1 : (sum['pairs'] ?? 0) },
        runLine(),
      );
      expect({ guarantee, ...mine }).toEqual({ guarantee, ...verdict });
    });
  });

  it('has no result if it was made for counts only', () => {
    expect(() => part('s1', 'alice').judge.finish()).toThrow('expected a Judge with wanted = result');
  });

  it('reports an anomaly at the operation that shows it, or at the end of its session', () => {
    const reported: string[] = [];
    part('s2', 'bob', anomaly => reported.push(anomaly.name));
    expect(reported).toEqual(['STALE', 'BACK', 'BLEED', 'LOSS', 'NONLINEAR']);
  });
});

const never = (): never => {
  throw new Error('expected a verdict of each check');
};

/** Adds the counts of two parts of a run. */
function addedUp(a: Counts, b: Counts): Counts {
  const sum: Record<string, Counts[string]> = { ...a };
  for (const [name, count] of Object.entries(b)) {
    const known = sum[name];
    if (typeof count === 'number') sum[name] = Number(known ?? 0) + count;
    else sum[name] = addedUp(typeof known === 'object' ? known : {}, count);
  }
  return sum;
}
