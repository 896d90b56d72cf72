/** Makes the digest of a run: the parts of its result that a comparison needs. */
import type { Guarantee } from '../result/guarantees.ts';
import type { Latency } from '../result/latency.ts';
import type { InstanceTally, Result } from '../result/result.ts';
import type { Judgement, Verdict, WitnessStep } from '../result/verdict.ts';

export interface GuaranteeDigest {
  guarantee: Guarantee;
  claimed: boolean;
  judgement: Judgement;
  violations: number;
  anomalies: string[];
  rests: Record<string, number>;
  /** The only instance that sent the wrong response in all kept witnesses; absent if there are several. */
  blamed?: string;
}

export interface Digest {
  run: string;
  target: string;
  started: string;
  seed: number;
  revision?: string;
  finished: Result['finished'];
  sessions: number;
  guarantees: GuaranteeDigest[];
  instances: Pick<InstanceTally, 'instance' | 'requests' | 'sessions'>[];
  latency: Latency[];
}

export function digestOf(result: Result, revision?: string): Digest {
  const { run, target, started, seed, finished, guarantees, tally } = result;
  return {
    run,
    target,
    started,
    seed,
    ...(revision === undefined ? {} : { revision }),
    finished,
    sessions: tally.sessions,
    guarantees: guarantees
      .filter(({ claimed, judgement }) => claimed || judgement !== 'unknown')
      .map(guaranteeOf),
    instances: tally.instances.map(({ instance, requests, sessions }) => ({ instance, requests, sessions })),
    latency: (tally.latency ?? []).map(({ percentiles: _, ...latency }) => latency),
  };
}

/** Returns the last request of a witness that got an unexpected response. */
export const brokenStep = (witness: readonly WitnessStep[]): WitnessStep | undefined =>
  witness.findLast(step => step.expected !== undefined) ?? witness.at(-1);

function guaranteeOf(verdict: Verdict): GuaranteeDigest {
  const { guarantee, claimed, judgement, violations, anomalies, rests } = verdict;
  const served = new Set(anomalies.map(({ witness }) => brokenStep(witness)?.operation.instance));
  const [blamed] = served;
  return {
    guarantee,
    claimed,
    judgement,
    violations,
    anomalies: [...new Set(anomalies.map(anomaly => anomaly.name))].sort(),
    rests,
    ...(served.size === 1 && blamed !== undefined ? { blamed } : {}),
  };
}

/** Returns the number of faults in a run. Faults change shares and response times. */
export const faultsIn = ({ guarantees }: Digest): number =>
  guarantees.find(({ guarantee }) => guarantee === 'availability')?.rests['fault windows'] ?? 0;
