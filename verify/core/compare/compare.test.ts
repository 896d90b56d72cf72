import { describe, expect, it } from 'vitest';
import { answered, digest, judged, served } from '../testing/digests.ts';
import { Picture } from '../testing/picture.ts';
import { compare } from './compare.ts';
import type { Difference } from './difference.ts';
import { type Digest, digestOf, type GuaranteeDigest } from './digest.ts';

const about = (name: Difference['about'], base: Digest[], current: Digest[]): Difference | undefined =>
  compare(base, current).differences.find(difference => difference.about === name);

const continuity = (more: Partial<GuaranteeDigest>): Digest =>
  digest(0, { guarantees: [judged('continuity', more)] });
const changes = (before: Partial<GuaranteeDigest>, now: Partial<GuaranteeDigest>) => {
  const found = about('continuity', [continuity(before)], [continuity(now)]);
  return `${found?.change} ${found?.means}`;
};
const unknown = { judgement: 'unknown' } as const;
const sessions = (count: number) => ({ rests: { sessions: count } });

describe('the digest of a run', () => {
  const digestOfLosses = (...instances: string[]): GuaranteeDigest | undefined => {
    const picture = new Picture({ claims: ['continuity'] });
    for (const instance of instances)
      picture.session(`on ${instance}`, 'alice').login('app-0').read('app-0').signedOut(instance).ended();
    return digestOf(picture.result()).guarantees.find(({ guarantee }) => guarantee === 'continuity');
  };

  it('names the instance that sent all wrong responses', () => {
    expect(digestOfLosses('app-1', 'app-1')).toMatchObject({
      violations: 2,
      anomalies: ['LOSS'],
      blamed: 'app-1',
    });
    expect(digestOfLosses('app-1', 'app-2')).not.toHaveProperty('blamed');
    expect(digestOfLosses()).not.toHaveProperty('blamed');
    const uneven = new Picture({ claims: ['routing'] });
    const session = uneven.session('s', 'alice').login('app-1').read('app-2');
    for (let i = 0; i < 200; i++) session.read(i % 10 === 0 ? 'app-2' : 'app-1');
    const routing = digestOf(uneven.result()).guarantees.find(({ guarantee }) => guarantee === 'routing');
    expect(routing).toMatchObject({ violations: 1, anomalies: ['PINNED'] });
    expect(routing).not.toHaveProperty('blamed');
  });

  it('has the claimed guarantees, and the others if they were judged', () => {
    const picture = new Picture({ claims: ['continuity'] });
    picture.session('s', 'alice').login('app-1').hops(20).ended();
    const names = digestOf(picture.result(), 'abc').guarantees.map(({ guarantee }) => guarantee);
    expect(names).toContain('continuity');
    expect(names).not.toContain('survival');
    expect(digestOf(picture.result(), 'abc')).toMatchObject({ revision: 'abc', sessions: 1 });
    expect(digestOf(picture.result())).not.toHaveProperty('revision');
  });
});

describe('guarantees', () => {
  it('the same run twice is not worse', () => {
    const comparison = compare([digest()], [digest(1)]);
    expect(comparison.judgement).toBe('valid');
    expect(comparison.differences.every(({ change }) => change === 'same')).toBe(true);
  });

  it('a new anomaly is worse, whatever its rate', () => {
    expect(changes({}, { violations: 1 })).toBe('worse violated');
    expect(changes(unknown, { violations: 1 })).toBe('worse violated');
    expect(changes({ violations: 9 }, { violations: 9, anomalies: ['OTHER'] })).toBe('worse violated');
    expect(
      about('continuity', [digest(0, { guarantees: [] })], [continuity({ violations: 1 })])?.change,
    ).toBe('worse');
  });

  it('a rate is worse or better only beyond chance', () => {
    expect(changes({ violations: 5 }, { violations: 12 })).toBe('same valid');
    expect(changes({ violations: 5 }, { violations: 60 })).toBe('worse violated');
    expect(changes({ violations: 60 }, { violations: 5 })).toBe('better valid');
    expect(changes({ violations: 60 }, {})).toBe('better valid');
    expect(changes({ violations: 2 }, {})).toBe('untold valid');
  });

  it('a guarantee that can no longer be judged is undetermined, and makes the comparison unknown', () => {
    expect(changes({}, unknown)).toBe('untold unknown');
    expect(changes({ violations: 3 }, unknown)).toBe('untold unknown');
    expect(changes({}, { claimed: false })).toBe('untold unknown');
    expect(about('continuity', [continuity({})], [digest(0, { guarantees: [] })])?.means).toBe('unknown');
  });

  it('says that there is less evidence than before', () => {
    const found = about('continuity', [continuity(sessions(1000))], [continuity(sessions(400))]);
    expect(found).toMatchObject({ change: 'untold', means: 'valid' });
    expect(found?.said).toBe('none of 400 sessions, none of 1,000 before: it still holds, on less evidence');
    expect(changes(sessions(400), sessions(1000))).toBe('same valid');
  });

  it('an unclaimed guarantee is reported, and decides nothing', () => {
    const not = { claimed: false };
    expect(changes(not, { ...not, violations: 1 })).toBe('worse valid');
    expect(changes({}, { ...not, violations: 1 })).toBe('worse violated');
  });

  it('names the instance that all witnesses point at', () => {
    const now = continuity({ violations: 3, blamed: 'app-2' });
    expect(about('continuity', [continuity({})], [now])?.instance).toBe('app-2');
    const other = continuity({ violations: 3, blamed: 'app-1' });
    expect(about('continuity', [continuity({})], [now, other])).not.toHaveProperty('instance');
  });

  it('adds up several runs of a side', () => {
    const [base, now] = [{ violations: 3 }, { violations: 12 }].map(continuity) as [Digest, Digest];
    expect(about('continuity', [base], [now])?.change).toBe('same');
    const five = (one: Digest): Digest[] => Array.from({ length: 5 }, () => one);
    expect(about('continuity', five(base), five(now))?.change).toBe('worse');
  });
});

describe('shares', () => {
  const share = (before: number[], now: number[], more: Partial<Digest> = {}) =>
    about(
      'share',
      [digest(0, { instances: served(...before) })],
      [digest(1, { instances: served(...now), ...more })],
    );

  it('an instance that serves half of its share is worse, and is named', () => {
    expect(share([100, 100], [50, 150])).toMatchObject({
      change: 'worse',
      means: 'violated',
      instance: 'app-1',
    });
    expect(share([500, 500, 500], [250, 625, 625])).toMatchObject({ change: 'worse', instance: 'app-1' });
    expect(share([250, 625, 625], [500, 500, 500])).toMatchObject({
      change: 'better',
      means: 'valid',
      instance: 'app-1',
    });
    const unclaimed = [judged('continuity'), judged('routing', { claimed: false })];
    expect(
      about(
        'share',
        [digest(0, { instances: served(100, 100), guarantees: unclaimed })],
        [digest(1, { instances: served(50, 150), guarantees: unclaimed })],
      ),
    ).toMatchObject({ change: 'worse', means: 'valid', claimed: false });
  });

  it('small differences, and differences of few requests, are not reported', () => {
    expect(share([50_000, 50_000], [45_000, 55_000])).toBeUndefined();
    expect(share([10, 10], [5, 15])).toBeUndefined();
  });

  it('an instance that no longer serves anything is worse', () => {
    expect(share([100, 100, 100], [150, 150])).toMatchObject({ change: 'worse', instance: 'app-3' });
    expect(share([100, 100], [80, 80, 80])).toMatchObject({ change: 'untold', means: 'valid' });
    expect(share([100, 100, 100], [300])).not.toHaveProperty('instance');
    const renamed = served(100, 100, 100).map((one, i) => (i === 0 ? { ...one, instance: 'pod' } : one));
    const more = about(
      'share',
      [digest(0, { instances: served(100, 100) })],
      [digest(1, { instances: renamed })],
    );
    expect(more).toMatchObject({ change: 'untold' });
    expect(more).not.toHaveProperty('instance');
  });

  it('are not compared if a baseline has one instance, or the new run names none', () => {
    expect(share([100], [50, 50])).toBeUndefined();
    expect(share([100, 100], [])).toBeUndefined();
  });

  it('instances are not compared by name, since names of containers change', () => {
    const renamed = served(5000, 5000).map((one, i) => ({ ...one, instance: `pod-${i}` }));
    expect(about('share', [digest()], [digest(1, { instances: renamed })])).toBeUndefined();
    // The shares of the new pods are those of the old instances, in reverse order.
    const uneven = served(2000, 8000).map((one, i) => ({ ...one, instance: `pod-${i}` }));
    expect(
      about('share', [digest(0, { instances: served(8000, 2000) })], [digest(1, { instances: uneven })]),
    ).toBeUndefined();
  });

  it('are shares of sessions if sessions are sticky', () => {
    const sticky = (a: number, b: number): Digest =>
      digest(0, {
        sessions: a + b,
        instances: [a, b].map((sessions, i) => ({
          instance: `app-${i}`,
          sessions,
          requests: sessions * 1000,
        })),
      });
    expect(about('share', [sticky(16, 16)], [sticky(9, 23)])).toBeUndefined();
    expect(about('share', [sticky(160, 160)], [sticky(80, 240)])?.change).toBe('worse');
  });

  it('are not compared if faults stopped instances', () => {
    const faults = [judged('availability', { rests: { requests: 1000, 'fault windows': 1 } })];
    expect(share([100, 100], [50, 150], { guarantees: faults })).toBeUndefined();
  });
});

describe('latency', () => {
  const PAIRS = 12;
  /** Returns a run with evenly spread response times. `slower` multiplies the usual times. */
  const run = (minute: number, slower: number): Digest =>
    digest(minute, { latency: answered(Array.from({ length: 200 }, (_, i) => slower * (10_000 + 50 * i))) });
  /** Returns runs in the order base, current, current, base … The response times of both sides vary in the same way. */
  const turns = (slower: number, pairs = PAIRS): [Digest[], Digest[]] => {
    const [base, current]: [Digest[], Digest[]] = [[], []];
    for (let i = 0; i < pairs; i++) {
      const noise = 1 + (i % 5) / 10;
      const first = i % 2 === 0;
      base.push(run(2 * i + (first ? 0 : 1), noise));
      current.push(run(2 * i + (first ? 1 : 0), noise * slower));
    }
    return [base, current];
  };

  it('of two runs alone is reported, and never worse', () => {
    const found = about('latency', [run(0, 1)], [run(1, 3)]);
    expect(found).toMatchObject({ change: 'untold', means: 'valid' });
    expect(found?.said).toMatch(/^read p50 14\.\d ms \(14\.\d–15\.\d\) → 4\d\.\d ms .*Reported, not judged/);
    expect(about('latency', [run(0, 1)], [run(1, 1)])?.change).toBe('same');
  });

  it('is that of the most frequent action, and needs a hundred responses on each side', () => {
    const times = (count: number) => answered(Array.from({ length: count }, (_, i) => 10_000 + 50 * i));
    const mixed = (minute: number, reads: number, logins: number) =>
      digest(minute, {
        latency: [...times(logins).map(one => ({ ...one, action: 'login' as const })), ...times(reads)],
      });
    const said = (...sides: [Digest, Digest]) => about('latency', [sides[0]], [sides[1]])?.said;
    expect(said(mixed(0, 200, 110), mixed(1, 200, 110))).toMatch(/^read p50/);
    expect(said(mixed(0, 110, 200), mixed(1, 110, 200))).toMatch(/^login p50/);
    expect(said(mixed(0, 100, 1), mixed(1, 100, 1))).toMatch(/^read p50/);
    expect(said(mixed(0, 200, 1), mixed(1, 99, 1))).toBeUndefined();
    expect(said(mixed(0, 99, 1), mixed(1, 200, 1))).toBeUndefined();
  });

  it('of alternating runs is judged', () => {
    expect(about('latency', ...turns(1.3))).toMatchObject({ change: 'worse', means: 'violated' });
    expect(about('latency', ...turns(1 / 1.3))).toMatchObject({ change: 'better', means: 'valid' });
    expect(about('latency', ...turns(1))?.change).toBe('same');
    expect(about('latency', ...turns(1.3))?.said).toMatch(
      /^read p50 is 1(29|30|31) % \(1\d\d % to 1\d\d %\) of what it was, over 12 pairs of runs in turns$/,
    );
  });

  it('that differs by less than 5 % is the same', () => {
    expect(about('latency', ...turns(1.02, 40))?.change).toBe('same');
  });

  it('is only reported if there are too few pairs, or runs did not alternate, or one side always ran first', () => {
    expect(about('latency', ...turns(1.3, PAIRS - 1))?.said).toContain('for 12 pairs of runs');
    const [base, current] = turns(1.3);
    const later = current.map((one, i) => ({ ...one, started: run(100 + i, 1).started }));
    expect(about('latency', base, later)?.said).toContain('did not take turns');
    const second = current.map((one, i) => ({ ...one, started: run(2 * i + 1, 1).started }));
    const first = base.map((one, i) => ({ ...one, started: run(2 * i, 1).started }));
    expect(about('latency', first, second)?.said).toContain('one build nearly always ran first');
  });

  it('names the only instance that is slower', () => {
    const both = (one: Digest, slower: number): Digest => ({
      ...one,
      latency: [
        ...answered(Array.from({ length: 150 }, (_, i) => 10_000 + 50 * i)),
        ...answered(
          Array.from({ length: 150 }, (_, i) => slower * (10_000 + 50 * i)),
          'app-2',
        ),
      ],
    });
    const [base, current] = turns(1);
    const found = about(
      'latency',
      base.map(one => both(one, 1)),
      current.map(one => both(one, 2)),
    );
    expect(found).toMatchObject({ change: 'worse', instance: 'app-2' });
  });
});
