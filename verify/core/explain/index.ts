/** Lists the explanations of all guarantees. */
import type { Guarantee } from '../guarantees.ts';
import { GUARANTEES } from '../guarantees.ts';
import { entry as atMostOnce } from './at-most-once.ts';
import { entry as availability } from './availability.ts';
import { entry as continuity } from './continuity.ts';
import { entry as cookiePolicy } from './cookie-policy.ts';
import { entry as evidence } from './evidence.ts';
import { entry as expiry } from './expiry.ts';
import type { Explanation } from './explanation.ts';
import { entry as forgery } from './forgery.ts';
import { entry as instancesAgree } from './instances-agree.ts';
import { entry as isolation } from './isolation.ts';
import { entry as linearizability } from './linearizability.ts';
import { entry as logoutFinal } from './logout-final.ts';
import { entry as monotonicReads } from './monotonic-reads.ts';
import { entry as noLostUpdates } from './no-lost-updates.ts';
import { entry as oneSession } from './one-session.ts';
import { entry as outage } from './outage.ts';
import { entry as privateResponses } from './private-responses.ts';
import { entry as readYourWrites } from './read-your-writes.ts';
import { entry as rotation } from './rotation.ts';
import { entry as routing } from './routing.ts';
import { entry as survival } from './survival.ts';

export const EXPLANATIONS: readonly Explanation[] = [
  continuity,
  isolation,
  instancesAgree,
  routing,
  readYourWrites,
  monotonicReads,
  noLostUpdates,
  atMostOnce,
  linearizability,
  logoutFinal,
  rotation,
  forgery,
  oneSession,
  expiry,
  cookiePolicy,
  privateResponses,
  outage,
  survival,
  availability,
  evidence,
];

/** @returns the guarantee with this name, or the guarantee that the anomaly with this name breaks; ignores case */
export function guaranteeNamed(name: string): Guarantee | undefined {
  const names = Object.keys(GUARANTEES) as Guarantee[];
  const anomalies: Record<Guarantee, { anomalies: readonly string[] }> = GUARANTEES;
  return (
    names.find(guarantee => guarantee === name.toLowerCase()) ??
    names.find(guarantee => anomalies[guarantee].anomalies.includes(name.toUpperCase()))
  );
}
