import { describe, expect, it } from 'vitest';
import { type Member, type TerminationPolicy, toEnd } from './policy.ts';

const HOUR = 3_600_000;
const at = (name: string, born: number, launch = 1): Member => ({ name, born, launch });
const ended = (members: Member[], policy: TerminationPolicy, now = 10, draw = 0): string =>
  toEnd(members, policy, now, limit => Math.min(draw, limit - 1)).name;

describe('which instance is ended', () => {
  const three = [at('b', 2), at('c', 3), at('a', 1)];

  it('the oldest', () => expect(ended(three, 'OldestInstance')).toBe('a'));
  it('the newest', () => expect(ended(three, 'NewestInstance')).toBe('c'));

  it('an instance of the oldest launch configuration in use goes first, at any age', () => {
    const mixed = [at('old', 1, 1), at('young', 5, 1), at('new', 2, 2)];
    expect(ended(mixed, 'Default')).toBe('old');
    expect(ended(mixed.slice(1), 'Default')).toBe('young');
  });

  it('of instances with the same configuration, the one closest to its next billing hour', () => {
    expect(ended(three, 'Default')).toBe('a');
    // `a` has just begun its second hour, and `b` is about to begin its next one.
    expect(ended(three, 'Default', 1 + HOUR)).toBe('b');
  });

  it('of equal instances, a random one', () => {
    const twins = [at('a', 1), at('b', 1), at('c', 1)];
    expect([0, 1, 2].map(draw => ended(twins, 'Default', 10, draw))).toEqual(['a', 'b', 'c']);
  });

  it('no instance to choose from: an error', () => {
    expect(() => ended([], 'OldestInstance')).toThrow('expected an instance to choose from, got none');
  });
});
