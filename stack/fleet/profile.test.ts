import { describe, expect, it } from 'vitest';
import { PROFILES, profileOf, replacedWithinMs } from './profile.ts';

describe('profiles', () => {
  it('seed is the original deployment', () => {
    expect(profileOf('seed')).toMatchObject({
      check: { probe: 'TCP', everyMs: 5_000, timeoutMs: 2_000, unhealthy: 2, healthy: 2 },
      group: { min: 2, max: 2, policy: 'OldestInstance' },
    });
  });

  it('a speedup divides every time and no count', () => {
    expect(profileOf('classic-elb', 10)).toMatchObject({
      check: { everyMs: 3_000, timeoutMs: 500, unhealthy: 2, healthy: 10, first: 10 },
      drainMs: 30_000,
      failures: { connectMs: 1_000, idleMs: 6_000 },
      group: { min: 1, max: 64 },
    });
    expect(profileOf('seed', 1e9).check?.everyMs).toBe(1);
  });

  it.each(PROFILES)('%s has its own name, and a speedup does not change the original', name => {
    const before = structuredClone(profileOf(name));
    profileOf(name, 100);
    expect(profileOf(name)).toEqual({ ...before, name });
  });

  it.each([
    ['seed', 27_000],
    ['classic-elb', 395_000],
    ['alb', 125_000],
    ['nginx', 0],
  ] as const)('%s replaces a crashed instance within %i ms', (name, expected) => {
    expect(replacedWithinMs(profileOf(name))).toBe(expected);
  });
});
