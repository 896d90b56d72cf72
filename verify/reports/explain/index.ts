import { GUARANTEES, type Guarantee } from '../../core/result/guarantees.ts';
import { data } from './data.ts';
import type { Explanation } from './explanation.ts';
import { faults } from './faults.ts';
import { logins } from './logins.ts';
import { responses } from './responses.ts';
import { sessions } from './sessions.ts';

export const EXPLANATIONS: readonly Explanation[] = [
  ...sessions,
  ...data,
  ...logins,
  ...responses,
  ...faults,
];

/** Returns the guarantee with this name, or with this anomaly, such as `loss`. Ignores case. */
export function guaranteeNamed(name: string): Guarantee | undefined {
  const names = Object.keys(GUARANTEES) as Guarantee[];
  const anomalies: Record<Guarantee, { anomalies: readonly string[] }> = GUARANTEES;
  return (
    names.find(guarantee => guarantee === name.toLowerCase()) ??
    names.find(guarantee => anomalies[guarantee].anomalies.includes(name.toUpperCase()))
  );
}
