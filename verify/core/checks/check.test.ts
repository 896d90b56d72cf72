import { describe, expect, it } from 'vitest';
import { counted, grouped, percent } from '../result/format.ts';
import type { Anomaly } from '../result/verdict.ts';
import { Anomalies, conclude, reader } from './check.ts';
import { addTo, few, reached, untried } from './framework.ts';

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
