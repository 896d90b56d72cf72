import { describe, expect, it } from 'vitest';
import { eachText } from './growth.ts';

async function grown(limits: { longest: number; total: number }, refusedAt = Number.POSITIVE_INFINITY) {
  const sizes: number[] = [];
  const stages: number[] = [];
  const total = () => sizes.reduce((sum, size) => sum + size, 0);
  const add = async (size: number): Promise<boolean> => {
    sizes.push(size);
    return total() < refusedAt;
  };
  await eachText(limits, add, async () => void stages.push(total()));
  return { sizes, stages, total: total() };
}

describe('the growth of a session', () => {
  it('goes through all stages with longer and longer texts', async () => {
    const { sizes, stages } = await grown({ longest: 64_000, total: Number.POSITIVE_INFINITY });
    expect(stages).toHaveLength(5);
    for (const [i, least] of [1_000, 6_000, 16_000, 66_000, 1_036_000].entries())
      expect(stages[i]).toBeGreaterThan(least * 0.9);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  });

  it('stays within the measured total, and ends a stage there', async () => {
    const { stages, total } = await grown({ longest: 1_000, total: 9_000 });
    expect(total).toBeLessThanOrEqual(9_000);
    expect(total).toBeGreaterThan(7_500);
    expect(stages.at(-1)).toBe(total);
  });

  it('adds a limited number of short texts if the app takes no longer ones', async () => {
    const { sizes } = await grown({ longest: 64, total: Number.POSITIVE_INFINITY });
    expect(sizes).toHaveLength(130);
  });

  it('stops at the first text that the app refuses', async () => {
    const { sizes, total } = await grown({ longest: 4_000, total: Number.POSITIVE_INFINITY }, 12_000);
    expect(total - (sizes.at(-1) ?? 0)).toBeLessThan(12_000);
    expect(total).toBeGreaterThanOrEqual(12_000);
  });
});
