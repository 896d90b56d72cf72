import { describe, expect, it } from 'vitest';
import { after, type Health, type HealthState, NEW, SERVING, type Thresholds } from './health.ts';

const SEED: Thresholds = { unhealthy: 2, healthy: 2, first: 2 };
const CLASSIC: Thresholds = { unhealthy: 2, healthy: 10, first: 10 };
const ALB: Thresholds = { unhealthy: 2, healthy: 5, first: 1 };

/** @param results + passed, - failed @returns the first letter of the state after each check */
function states(from: Health, results: string, thresholds: Thresholds): string {
  let health = from;
  return [...results]
    .map(result => {
      health = after(health, result === '+', thresholds);
      return health.state[0];
    })
    .join('');
}

const unhealthy: Health = { state: 'unhealthy' as HealthState, passed: false, run: 2 };

describe('health', () => {
  it.each([
    ['one failure is forgiven', SERVING, '+-+-+-+', SEED, 'hhhhhhh'],
    ['two in a row are not', SERVING, '+--', SEED, 'hhu'],
    ['it stays unhealthy while failures continue', SERVING, '---', SEED, 'huu'],
    ['two passed in a row make it healthy again', unhealthy, '-+-++', SEED, 'uuuuh'],
    [
      'a classic balancer needs ten in a row, and a failure restarts the count',
      unhealthy,
      '+++++++++-++++++++++',
      CLASSIC,
      'uuuuuuuuuuuuuuuuuuuh',
    ],
    ['a new instance of an application balancer needs one', NEW, '+', ALB, 'h'],
    ['an unhealthy instance needs five', unhealthy, '+++++', ALB, 'uuuuh'],
    [
      'a new instance that fails is unhealthy, and then needs as many as others',
      NEW,
      '--+++++',
      ALB,
      'iuuuuuh',
    ],
    ['a new instance of a classic balancer needs ten', NEW, '++++++++++', CLASSIC, 'iiiiiiiiih'],
    ['no check yet', NEW, '', SEED, ''],
  ] as const)('%s', (_what, from, results, thresholds, expected) => {
    expect(states(from, results, thresholds)).toBe(expected);
  });
});
