import { describe, expect, it } from 'vitest';
import { Recent } from './recent.ts';

describe('Recent', () => {
  it('remembers the values of the last eight objects, and forgets the oldest one', () => {
    const recent = new Recent<object, number>();
    const keys = Array.from({ length: 10 }, () => ({}));
    keys.forEach((key, i) => void recent.set(key, i));
    expect(keys.map(key => recent.get(key))).toEqual([undefined, undefined, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(recent.get({})).toBeUndefined();
  });
});
