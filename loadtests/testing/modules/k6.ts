import { block, report } from '../thread.ts';

export const sleep = block;

export const group = <T>(_name: string, act: () => T): T => act();

/** Returns true if all checks pass. As in k6, a failed check does not fail the run. */
export function check<T>(value: T, checks: Record<string, (value: T) => boolean>): boolean {
  const held = Object.entries(checks).map(([name, holds]) => {
    const good = Boolean(holds(value));
    report({ type: 'sample', metric: 'checks', kind: 'rate', value: Number(good), tags: { check: name } });
    return good;
  });
  return held.every(Boolean);
}
