import { describe, expect, it } from 'vitest';
import { counted, grouped, percent } from '../result/format.ts';
import type { Anomaly } from '../result/verdict.ts';
import { Anomalies, conclude, reader } from './check.ts';
import { Reach, reach, untried } from './reach.ts';

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

  it('reads an absent count as 0', () => {
    const of = reader({ one: 1 });
    expect([of('one'), of('other')]).toEqual([1, 0]);
  });
});

describe('Anomalies', () => {
  const made = (name: string): Anomaly => ({
    name,
    guarantee: 'continuity',
    summary: '',
    witness: [],
    notes: [],
  });

  it('keeps and reports the first five, and counts the others without making them', () => {
    const reported: string[] = [];
    const anomalies = new Anomalies(({ name }) => reported.push(name));
    let makes = 0;
    for (let i = 1; i <= 8; i++) {
      anomalies.add(() => {
        makes++;
        return made(`A${i}`);
      });
    }
    expect(anomalies.count).toBe(8);
    expect(anomalies.kept.map(({ name }) => name)).toEqual(['A1', 'A2', 'A3', 'A4', 'A5']);
    expect([reported, makes]).toEqual([['A1', 'A2', 'A3', 'A4', 'A5'], 5]);
  });
});

describe('Reach', () => {
  it('counts how often each known instance was tried', () => {
    const found = new Reach();
    found.add('app-2');
    found.tried('app-2');
    found.add('app-2');
    found.add(undefined);
    found.tried(undefined);
    found.add('app-1');
    const counts = { ...found.counts(), other: 7 };
    expect(counts).toEqual({ 'tried on app-2': 1, 'tried on app-1': 0, other: 7 });
    expect(reach(counts)).toBe(1);
    expect(untried(counts, 'replay')).toBe('0 replays on app-1; 1 on each instance is needed');
    expect(untried(counts, 'replay', 2)).toBe(
      '0 replays on app-1, 1 replay on app-2; 2 on each instance are needed',
    );
    found.tried('app-1');
    expect(untried(found.counts(), 'replay')).toBeUndefined();
    expect(untried({}, 'replay')).toBeUndefined();
  });
});
