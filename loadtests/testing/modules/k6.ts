/** `k6` of the double. */
import { block, report } from '../thread.ts';

export const sleep = block;

export const group = <T>(_name: string, act: () => T): T => act();

/** Returns whether all checks pass. Never fails the run, as in k6. */
export function check<T>(value: T, checks: Record<string, (value: T) => boolean>): boolean {
  const held = Object.entries(checks).map(([name, holds]) => {
    const good = Boolean(holds(value));
    report({ type: 'sample', metric: 'checks', kind: 'rate', value: Number(good), tags: { check: name } });
    return good;
  });
  return held.every(Boolean);
}
