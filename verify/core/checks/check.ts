/** Defines the interface of a check, which the judge and k6 call. */
import type { FaultLedger } from '../faults/ledger.ts';
import type { Event, Operation, Run, Served, Start } from '../history/history.ts';
import type { Started, TrackedObject } from '../objects/tracked-object.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Anomaly, Judgement, Verdict } from '../result/verdict.ts';
import type { LoggedRequest, LogReader } from '../timeline/request-logs.ts';
import type { SessionState, Sessions, Standing } from '../timeline/sessions.ts';

/** Judges a run for one check. Each check implements the methods that it needs. */
export abstract class Fold implements LogReader {
  /** `data` is undefined if the operation uses no known object. */
  started?(start: Start, data: Started | undefined): void;
  /** If the end of an operation was not recorded, the operation ends with the run, and has no `return`. */
  ended?(operation: Operation, standing: Standing): void;
  event?(event: Event): void;
  /** Called when the only session that used this object ends, or at the end of the run. */
  objectEnded?(object: TrackedObject): void;
  sessionEnded?(session: SessionState): void;
  routed?(operation: Operation, entry: Served): void;
  logged?(request: LoggedRequest, complete: boolean): void;
  abstract counts(): Counts;
  abstract finish(): CheckFinding;
}

/** The counts from which a verdict is made. Counts of k6's virtual users can be added up. */
export type Counts = Readonly<Record<string, Count>>;
type Count = number | { readonly [name: string]: Count };

export type NamedCounts = Record<string, number>;

export type OnAnomaly = (anomaly: Anomaly) => void;

export type CheckFinding = Omit<Verdict, 'guarantee' | 'claimed'>;

export type Conclusion = Omit<CheckFinding, 'anomalies'>;

/** Facts about all sessions of a run. The facts change while the run is judged. */
export type SeenInRun = Readonly<Pick<Sessions, 'instances' | 'bled' | 'lost'>>;

export interface Check {
  guarantee: Guarantee;
  /** The conditions that the history must meet for a sound verdict, as a text for docs and reports. */
  assumes: string;
  minimum: string;
  /** @param faults the ledger of the run's faults, which receives each event before the check */
  start(run: Run, onAnomaly: OnAnomaly | undefined, faults: FaultLedger, seen: SeenInRun): Fold;
  /** Decides the verdict from the counts of a run, or from the summed counts of its parts. */
  conclude(counts: Counts, run: Run): Conclusion;
}

export function conclude(
  violations: number,
  missing: string | undefined,
  rests: Record<string, number>,
  finding: string,
): Conclusion {
  const judgement: Judgement = violations > 0 ? 'violated' : missing ? 'unknown' : 'valid';
  return {
    judgement,
    ...(judgement === 'unknown' && missing ? { why: missing } : {}),
    rests,
    finding: judgement === 'unknown' ? '' : finding,
    violations,
  };
}

/** Minimum number of handoffs (requests on another instance than the session's previous request) for a verdict. */
export const ENOUGH_HANDOFFS = 10;
