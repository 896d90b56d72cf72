/** Defines the interface of a check, which the judge and k6 use. */
import type { FaultLedger } from '../faults/ledger.ts';
import type { Event, Operation, Run, Start } from '../history/history.ts';
import type { Started, TrackedObject } from '../objects/tracked-object.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Anomaly, Judgement, Verdict } from '../result/verdict.ts';
import type { LogReader } from '../timeline/request-logs.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';

/** One check over one run. The judge calls it with each event, in the order of the history. */
export interface Fold extends LogReader {
  /** Called when an operation that may change something starts. @param data set if the operation has an object */
  started?(start: Start, data: Started | undefined): void;
  /** Called when an operation ends. The operation has no `return` if its end was never recorded. */
  ended?(operation: Operation, standing: Standing): void;
  /** Called for every event that is not the start or the end of an operation. */
  event?(event: Event): void;
  /** Called when a session has ended, for each object of this session alone. Other objects live until the run ends. */
  objectEnded?(object: TrackedObject): void;
  /** Called once for each session: after its last operation, or at the end of the run. */
  sessionEnded?(session: SessionState): void;
  /** Returns the counts so far. Cheap enough to call after every event. */
  counts(): Counts;
  finish(): CheckFinding;
}

/** The counts that decide a verdict. Counts of parts of a run (k6's virtual users) can be added up. */
export type Counts = Readonly<Record<string, Count>>;
type Count = number | { readonly [name: string]: Count };

/** Counts by name, usually the name of an instance. */
export type NamedCounts = Record<string, number>;

/** Called with each anomaly that is kept, as soon as it is found. */
export type OnAnomaly = (anomaly: Anomaly) => void;

/** A verdict without the fields that the registry of the checks adds. */
export type CheckFinding = Omit<Verdict, 'guarantee' | 'claimed'>;

/** A finding without the anomalies: the part that the counts alone decide. */
export type Conclusion = Omit<CheckFinding, 'anomalies'>;

/** Facts about all sessions of a run. */
export interface SeenInRun {
  /** The instances that served a session before the first fault. */
  readonly instances: ReadonlySet<string>;
  /** The users whose pages were shown in a session of another user. */
  readonly bled: ReadonlySet<string>;
}

export interface Check {
  guarantee: Guarantee;
  /** What must be true of the history for the verdict to be sound. Shown in docs and reports. */
  assumes: string;
  /** The minimum evidence for `valid`. */
  minimum: string;
  /**
   * Starts the check for one run.
   *
   * @param faults the run's fault ledger, which receives each event before the fold does
   * @param seen facts about all sessions, which grow during the run
   */
  start(run: Run, onAnomaly: OnAnomaly | undefined, faults: FaultLedger, seen: SeenInRun): Fold;
  /** Decides the verdict from the counts of one fold, or from the sum of several folds' counts. */
  conclude(counts: Counts, run: Run): Conclusion;
}

/** Decides a verdict. `missing` says which evidence is missing and how to get it; undefined if there is enough. */
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

/** Minimum number of handoffs for a verdict that needs handoffs. */
export const ENOUGH_HANDOFFS = 10;
