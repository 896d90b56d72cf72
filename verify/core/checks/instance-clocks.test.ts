import { describe, expect, it } from 'vitest';
import type { Operation } from '../history/history.ts';
import { stepsOf } from '../result/verdict.ts';
import { stories } from '../testing/verdict-text.ts';
import { InstanceClocks } from './instance-clocks.ts';

let ids = 0;
const answer = (instance: string | undefined, skew: number, lasts = 100, more: object = {}): Operation =>
  ({
    id: ++ids,
    action: 'read',
    instance,
    call: ids * 1000,
    return: ids * 1000 + lasts,
    skew,
    outcome: 'ok',
    ...more,
  }) as never;

/** Builds responses of instances whose clocks have the given offsets, seconds. */
const clocks = (leads: Record<string, number[]>, lasts = 0) => {
  const made = new InstanceClocks();
  for (const [instance, times] of Object.entries(leads))
    for (const lead of times) made.add(answer(instance, lead * 1e6, lasts), lead * 1e6);
  return made.differences().map(({ summary }) => summary);
};

describe('clocks of instances', () => {
  it('differ by more than 2 s, beyond the second that Date leaves open', () => {
    expect(clocks({ 'app-1': [0, 0], 'app-2': [3, 3] })).toEqual([]);
    expect(clocks({ 'app-1': [0, 0], 'app-2': [3.1, 3.1] })).toEqual([
      'the clock of app-2 is at least 2.1 s ahead of that of app-1',
    ]);
    expect(clocks({ 'app-1': [9, 9], 'app-2': [0, 0] })).toEqual([
      'the clock of app-1 is at least 8.0 s ahead of that of app-2',
    ]);
    // If responses take 4 s, the difference between clocks is less certain, so the limit is 4 s higher.
    expect(clocks({ 'app-1': [0, 0], 'app-2': [7, 7] }, 4e6)).toEqual([]);
    expect(clocks({ 'app-1': [0, 0], 'app-2': [7.5, 7.5] }, 4e6)).toHaveLength(1);
  });

  it('are bounded by the second best response, whatever the order', () => {
    for (const times of [
      [30, 0, 0, 5],
      [0, 5, 30, 0],
      [5, 0, 0, 30],
      [0, 0, 30, 5],
    ]) {
      expect(clocks({ 'app-1': [0, 0], 'app-2': times })).toEqual([
        'the clock of app-2 is at least 4.0 s ahead of that of app-1',
      ]);
    }
    for (const times of [
      [-30, 0, 0, -5],
      [0, -5, 0, -30],
      [-5, 0, -30, 0],
    ]) {
      expect(clocks({ 'app-1': [0, 0], 'app-2': times })).toEqual([
        'the clock of app-1 is at least 4.0 s ahead of that of app-2',
      ]);
    }
    expect(clocks({ 'app-1': [0], 'app-2': [9] })).toEqual([]);
    expect(clocks({ 'app-1': [0, 0], 'app-2': [9] })).toEqual([]);
  });

  it('do not differ if one clock was set during the run', () => {
    expect(clocks({ 'app-1': [0, 0, 30, 30] })).toEqual([]);
  });

  it('are compared with the clock that is furthest behind', () => {
    expect(clocks({ 'app-1': [0, 0], 'app-2': [-8, -8], 'app-3': [9, 9] })).toEqual([
      'the clock of app-1 is at least 7.0 s ahead of that of app-2',
      'the clock of app-3 is at least 16.0 s ahead of that of app-2',
    ]);
  });

  it('are not read from cache hits, from requests that never ended, or without an instance', () => {
    const made = new InstanceClocks();
    for (let i = 0; i < 3; i++) {
      made.add(answer('app-1', 0), 0);
      made.add(answer('app-2', 9e6, 100, { caching: { hit: true } }), 9e6);
      made.add(answer(undefined, 9e6), 9e6);
      made.add(answer('app-3', 9e6, 100, { return: undefined }), 9e6);
    }
    expect(made.differences()).toEqual([]);
    for (let i = 0; i < 2; i++) made.add(answer('app-4', 9e6, 100, { caching: { hit: false } }), 9e6);
    expect(made.differences()).toHaveLength(1);
  });

  it('are shown by the first response of each instance, in order of time', () => {
    ids = 0;
    const made = new InstanceClocks();
    for (const [instance, skew] of [
      ['app-2', 9e6],
      ['app-1', 0],
      ['app-1', 0],
      ['app-2', 9.5e6],
    ] as const)
      made.add(answer(instance, skew), skew);
    expect(
      stories({
        anomalies: made.differences().map(skew => ({
          name: 'SKEW',
          guarantee: 'instances-agree',
          notes: [],
          ...skew,
          witness: stepsOf(skew.witness),
        })),
      } as never),
    ).toMatchInlineSnapshot(`
      "SKEW instances-agree: the clock of app-2 is at least 8.0 s ahead of that of app-1
        #1 read on app-2: expected the same time, within 2 s; came Date 9.0 s off our clock
        #2 read on app-1: Date 0.0 s off our clock"
    `);
    ids = 0;
    const other = new InstanceClocks();
    for (const [instance, skew] of [
      ['app-2', 0],
      ['app-1', 9e6],
      ['app-1', 9e6],
      ['app-2', 0],
    ] as const)
      other.add(answer(instance, skew), skew);
    expect(
      stories({
        anomalies: other.differences().map(skew => ({
          name: 'SKEW',
          guarantee: 'instances-agree',
          notes: [],
          ...skew,
          witness: stepsOf(skew.witness),
        })),
      } as never),
    ).toMatchInlineSnapshot(`
      "SKEW instances-agree: the clock of app-1 is at least 8.0 s ahead of that of app-2
        #1 read on app-2: Date 0.0 s off our clock
        #2 read on app-1: expected the same time, within 2 s; came Date 9.0 s off our clock"
    `);
  });
});
