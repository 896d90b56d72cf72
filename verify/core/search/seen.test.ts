import { describe, expect, it } from 'vitest';
import { type Configuration, SeenStates } from './seen.ts';

const configuration = (more: Partial<Configuration> = {}): Configuration => ({
  placed: new Int32Array([-1, 5, 0]),
  from: 1,
  to: 2,
  state: 7,
  chain: -1,
  counts: new Uint32Array([2, 1]),
  ...more,
});

describe('SeenStates', () => {
  it('knows a configuration that was added before, and no other', () => {
    const seen = new SeenStates();
    expect(seen.add(configuration())).toBe(false);
    const others: Partial<Configuration>[] = [
      { from: 0 },
      { to: 3 },
      { state: 8 },
      { chain: 7 },
      { placed: new Int32Array([-1, 4, 0]) },
    ];
    for (const other of others) expect(seen.add(configuration(other))).toBe(false);
    for (const other of [{}, ...others]) expect(seen.add(configuration(other))).toBe(true);
  });

  it('covers a configuration with more operations without a response, because these need not happen', () => {
    const seen = new SeenStates();
    seen.add(configuration());
    const counts = (...of: number[]) => seen.add(configuration({ counts: new Uint32Array(of) }));
    expect(counts(3, 1)).toBe(true);
    expect(counts(2, 2)).toBe(true);
    expect(counts(1, 5)).toBe(false);
    expect(counts(5, 0)).toBe(false);
  });

  it('keeps all configurations while it grows', () => {
    const seen = new SeenStates();
    const before = seen.bytes;
    const all = Array.from({ length: 3000 }, (_, state) =>
      configuration({ state, placed: new Int32Array([-1, state % 3, 0]), to: 2 + (state % 2) }),
    );
    expect(all.filter(one => seen.add(one))).toEqual([]);
    // Each entry has six words of its own, one or two words of placed operations, and two counts.
    expect(seen.bytes - before).toBe(4 * (1500 * 9 + 1500 * 10));
    expect(all.every(one => seen.add(one))).toBe(true);
  });
});
