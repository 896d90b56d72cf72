import { describe, expect, it } from 'vitest';
import { after, type Health, NEW, SERVING, type State, type Thresholds } from './health.ts';

const SEED: Thresholds = { unhealthy: 2, healthy: 2, first: 2 };
const CLASSIC: Thresholds = { unhealthy: 2, healthy: 10, first: 10 };
const ALB: Thresholds = { unhealthy: 2, healthy: 5, first: 1 };

/** @param results + passed, - failed @returns the state after each, by its first letter */
function states(from: Health, results: string, thresholds: Thresholds): string {
  let health = from;
  return [...results]
    .map(result => {
      health = after(health, result === '+', thresholds);
      return health.state[0];
    })
    .join('');
}

const unhealthy: Health = { state: 'unhealthy' as State, passed: false, run: 2 };

describe('health', () => {
  it.each([
    ['one failure is forgiven', SERVING, '+-+-+-+', SEED, 'hhhhhhh'],
    ['two in a row are not', SERVING, '+--', SEED, 'hhu'],
    ['it stays unhealthy while they go on', SERVING, '---', SEED, 'huu'],
    ['two passed in a row bring it back', unhealthy, '-+-++', SEED, 'uuuuh'],
    [
      'ten for a classic balancer, and any failure begins them anew',
      unhealthy,
      '+++++++++-++++++++++',
      CLASSIC,
      'uuuuuuuuuuuuuuuuuuuh',
    ],
    ['a new one of an application balancer needs one', NEW, '+', ALB, 'h'],
    ['one that was unhealthy needs five', unhealthy, '+++++', ALB, 'uuuuh'],
    ['a new one that fails is unhealthy, and then needs as many as others', NEW, '--+++++', ALB, 'iuuuuuh'],
    ['a new one of a classic balancer waits for ten', NEW, '++++++++++', CLASSIC, 'iiiiiiiiih'],
    ['nothing has happened yet', NEW, '', SEED, ''],
  ] as const)('%s', (_what, from, results, thresholds, expected) => {
    expect(states(from, results, thresholds)).toBe(expected);
  });
});
