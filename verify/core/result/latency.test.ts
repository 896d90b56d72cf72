import { describe, expect, it } from 'vitest';
import { Picture } from '../testing/picture.ts';
import { atRank, bucketOf, formatBuckets, merged, parseBuckets, sizeOf } from './latency.ts';

describe('buckets', () => {
  it('keep the order of response times, each within 3 %', () => {
    const times = Array.from({ length: 500 }, (_, i) => 100 * 1.02 ** i);
    const buckets = merged(times.map(time => new Map([[bucketOf(time), 1]])));
    times.forEach((time, i) => {
      expect(atRank(buckets, i + 1) / time).toBeGreaterThan(0.97);
      expect(atRank(buckets, i + 1) / time).toBeLessThan(1.031);
    });
  });

  it('are written and read back', () => {
    const buckets = new Map([
      [312, 2],
      [7, 1],
    ]);
    expect(formatBuckets(buckets)).toBe('7:1 312:2');
    expect(parseBuckets('7:1 312:2')).toEqual(buckets);
    expect(parseBuckets('').size).toBe(0);
    expect(sizeOf(buckets)).toBe(3);
  });
});

describe('the latency of a run', () => {
  it('covers successful responses outside faults, by action and instance', () => {
    const picture = new Picture();
    const session = picture.session('s1', 'alice').login('app-1').read('app-1').read('app-2').read('app-2');
    session.signedOut('app-1');
    picture.disturb(1, 'pause');
    session.read('app-1');
    picture.heal(1);
    const { latency = [] } = picture.finish().result().tally;
    expect(latency.map(({ percentiles: _, ...of }) => of)).toEqual([
      { action: 'login', instance: 'app-1', buckets: '210:1' },
      { action: 'read', instance: 'app-1', buckets: '210:1' },
      { action: 'read', instance: 'app-2', buckets: '210:2' },
    ]);
    // The histogram bucket with the number 210 counts response times from 497 to 512 µs.
    for (const share of Object.values(latency[2]?.percentiles ?? { none: 0 })) {
      expect(share).toBeGreaterThanOrEqual(497);
      expect(share).toBeLessThanOrEqual(512);
    }
  });
});
