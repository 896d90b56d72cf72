import { describe, expect, it } from 'vitest';
import { FaultLedger } from '../faults/ledger.ts';
import type { Operation } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { Picture } from '../testing/picture.ts';
import { Judge } from '../timeline/judge.ts';
import { conclude } from './check.ts';
import { addTo, check, few, Judging, reached, untried } from './framework.ts';

describe('percent', () => {
  it.each<[number, string]>([
    [0, '0 %'],
    [1, '100 %'],
    [0.996, '100 %'],
    [0.994, '99 %'],
    [0.5, '50 %'],
    [0.03, '3 %'],
    [0.0305, '3 %'],
    [0.12345, '12 %'],
    [0.00012, '0.012 %'],
    [0.0000011, '0.00011 %'],
    [0.0000009, '< 0.0001 %'],
  ])('%d: %s', (rate, text) => expect(percent(rate)).toBe(text));
});

describe('counted', () => {
  it('groups digits by thousands, and uses the plural', () => {
    expect([1, 12, 999, 1000, 12034, 1234567].map(grouped)).toEqual([
      '1',
      '12',
      '999',
      '1,000',
      '12,034',
      '1,234,567',
    ]);
    expect([0, 1, 2, 3000].map(n => counted(n, 'session'))).toEqual([
      '0 sessions',
      '1 session',
      '2 sessions',
      '3,000 sessions',
    ]);
  });
});

describe('conclude', () => {
  it('is violated, else unknown when something is missing, else valid', () => {
    const rests = { requests: 3 };
    expect(conclude(0, undefined, rests, 'found')).toEqual({
      judgement: 'valid',
      rests,
      finding: 'found',
      violations: 0,
    });
    expect(conclude(0, 'too few', rests, 'found')).toEqual({
      judgement: 'unknown',
      why: 'too few',
      rests,
      finding: '',
      violations: 0,
    });
    expect(conclude(2, 'too few', rests, 'found')).toEqual({
      judgement: 'violated',
      rests,
      finding: 'found',
      violations: 2,
    });
  });
});

describe('the anomalies of a check', () => {
  class Seen {
    seen = 0;
  }
  class Every extends Judging<Seen> {
    override ended(operation: Operation): void {
      this.count.seen++;
      const name = operation.action === 'read' ? undefined : 'UNPINNED';
      this.report(() => ({ at: operation, summary: `#${operation.id}`, witness: [] }), name);
    }
  }
  const every = check<Seen>({
    guarantee: 'routing',
    assumes: '',
    minimum: '',
    judge: Every,
    counts: Seen,
    compared: ({ seen }) => seen,
    missing: () => undefined,
    rests: ({ seen }) => ({ seen }),
    rulesOut: () => 'none',
    broken: violations => `${violations} found`,
    remarks: ({ seen }) => [[seen > 1, 'more than one']],
  });
  const judged = (reads: number, writes: number) => {
    const picture = new Picture();
    const session = picture.session('s1', 'alice');
    for (let i = 0; i < reads; i++) session.read('app-1');
    for (let i = 0; i < writes; i++) session.write('a', 'app-1');
    const reported: string[] = [];
    const judge = new Judge(picture.run, [every], ({ summary }) => reported.push(summary));
    for (const event of picture.events) judge.step(event);
    return { verdict: judge.finish().guarantees.find(({ guarantee }) => guarantee === 'routing'), reported };
  };

  it('are the first five of each name; the others are only counted', () => {
    const { verdict, reported } = judged(8, 7);
    expect(verdict).toMatchObject({
      judgement: 'violated',
      violations: 15,
      finding: '15 found; more than one',
    });
    expect(verdict?.anomalies.map(({ name }) => name)).toEqual([
      ...Array(5).fill('PINNED'),
      ...Array(5).fill('UNPINNED'),
    ]);
    expect(verdict?.anomalies[0]).toEqual({
      name: 'PINNED',
      guarantee: 'routing',
      session: 's1',
      user: 'alice',
      summary: '#1',
      witness: [],
      notes: [],
    });
    expect(reported).toHaveLength(10);
  });

  it('leave a verdict unknown if nothing was compared', () => {
    expect(judged(0, 0).verdict).toMatchObject({ judgement: 'unknown', why: 'nothing was compared' });
  });
});

describe('the verdict of a check', () => {
  class Seen {
    seen = 0;
  }
  const concluded = (counts: Record<string, number>, afterLoss?: string) =>
    check<Seen>({
      guarantee: 'routing',
      assumes: '',
      minimum: '',
      judge: class extends Judging<Seen> {},
      counts: Seen,
      ...(afterLoss === undefined ? {} : { afterLoss }),
      compared: ({ seen }) => seen,
      missing: ({ seen }) => few(seen, 3, 'request'),
      rests: ({ seen }) => ({ seen }),
      rulesOut: () => 'none',
      broken: violations => `${violations} found`,
    }).conclude(counts, new Picture().run);

  it('is unknown after the loss of a session, if this check cannot judge such sessions', () => {
    expect(concluded({ seen: 3 }, 'the data')).toMatchObject({ judgement: 'valid', finding: 'none' });
    expect(concluded({ seen: 3, lost: 1 }).judgement).toBe('valid');
    expect(concluded({ seen: 3, lost: 1 }, 'the data').why).toBe(
      'continuity is broken in 1 session: the data of such sessions cannot be judged',
    );
    expect(concluded({ seen: 2, lost: 2 }, 'the data').why).toContain('continuity is broken in 2 sessions');
    expect(concluded({ seen: 2 }, 'the data').why).toBe('2 requests, 3 are needed');
  });

  it('is unknown if pages of a user were shown to others', () => {
    expect(concluded({ seen: 3, lost: 1, doubtful: 1 }, 'the data').why).toBe(
      'isolation is broken: pages of a user were shown to other users, so 1 response that looks signed in proves nothing',
    );
    expect(concluded({ seen: 3, doubtful: 2 }).why).toContain(
      '2 responses that look signed in prove nothing',
    );
    expect(concluded({ seen: 3, doubtful: 2, violations: 1 })).toMatchObject({
      judgement: 'violated',
      finding: '1 found',
    });
  });

  /** Reports one anomaly for each user, with a signed-in response as its only proof. */
  const reported = (users: string[], bledBefore: string[], bledLater: string[]) => {
    class Signed extends Judging<Seen> {
      override ended(operation: Operation): void {
        this.count.seen++;
        this.reportSignedIn(operation, () => ({ at: operation, summary: operation.user, witness: [] }));
      }
    }
    const picture = new Picture();
    for (const user of users) picture.session('s', user).asks('app-1');
    const bled = new Set(bledBefore);
    const fold = check<Seen>({
      guarantee: 'forgery',
      assumes: '',
      minimum: '',
      judge: Signed,
      counts: Seen,
      compared: ({ seen }) => seen,
      missing: () => undefined,
      rests: () => ({}),
      rulesOut: () => 'none',
      broken: violations => `${violations} found`,
    }).start(picture.run, undefined, new FaultLedger(picture.run), { instances: new Set(), bled, lost: 0 });
    for (const event of picture.events) if (event.type === 'op') fold.ended?.(event, {} as never);
    for (const user of bledLater) bled.add(user);
    const { judgement, violations, anomalies } = fold.finish();
    return [judgement, violations, anomalies.map(({ summary }) => summary).join()];
  };

  it('is made without anomalies that only pages of a user prove who is shown to others', () => {
    expect(reported(['ann', 'bob'], [], [])).toEqual(['violated', 2, 'ann,bob']);
    expect(reported(['ann', 'bob'], ['ann'], [])).toEqual(['violated', 1, 'bob']);
    expect(reported(['ann', 'bob'], [], ['ann'])).toEqual(['violated', 1, 'bob']);
    expect(reported(['ann', 'bob'], [], ['ann', 'bob'])).toEqual(['unknown', 0, '']);
  });

  it('shows anomalies of other users if the first five are withdrawn', () => {
    const many = ['ann', 'ann', 'ann', 'ann', 'ann', 'bob', 'bob', 'cat'];
    expect(reported(many, [], [])).toEqual(['violated', 8, 'ann,ann,ann,ann,ann']);
    expect(reported(many, [], ['ann'])).toEqual(['violated', 3, 'bob,cat']);
    expect(reported(many, [], ['ann', 'bob'])).toEqual(['violated', 1, 'cat']);
    expect(reported(['dan', ...many], [], ['ann'])).toEqual(['violated', 4, 'dan']);
  });
});

describe('the count of an instance', () => {
  it('says which instances were never tried', () => {
    const tried = { 'app-2': 0, 'app-1': 0, 'app-3': 0 };
    addTo(tried, 'app-2');
    addTo(tried, undefined);
    expect(tried).toEqual({ 'app-1': 0, 'app-2': 1, 'app-3': 0 });
    expect(reached(tried)).toBe(1);
    expect(untried(tried, 'replay')).toBe(
      '0 replays on app-1, 0 replays on app-3; 1 on each instance is needed',
    );
    expect(untried({ 'app-1': 2 }, 'replay')).toBeUndefined();
    expect(untried({}, 'replay')).toBeUndefined();
  });
});

describe('few', () => {
  it('says how many are missing', () => {
    expect(few(1, 3, 'replay')).toBe('1 replay, 3 are needed');
    expect(few(2, 3, 'replay', ' of a cookie', 'run for longer')).toBe(
      '2 replays of a cookie, 3 are needed: run for longer',
    );
    expect(few(3, 3, 'replay')).toBeUndefined();
  });
});
