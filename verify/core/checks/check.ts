/** Defines the interface of a check. The judge and k6 use it. */
import type { FaultLedger } from '../faults/ledger.ts';
import type { Event, Operation, Run, Start } from '../history/history.ts';
import type { Started, TrackedObject } from '../objects/tracked-object.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Anomaly, Judgement, Verdict } from '../result/verdict.ts';
import type { LogReader } from '../timeline/request-logs.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';

/** One check over one run. The judge calls it with each event, in the order of the history. */
export interface Fold extends LogReader {
  /** Called when an operation that may change something starts. `data` is set if the operation has an object. */
  started?(start: Start, data: Started | undefined): void;
  /**
   * Called when an operation ends. Also called at the end of the run for an operation whose end was not
   * recorded; then the operation has no `return`.
   */
  ended?(operation: Operation, standing: Standing): void;
  /** Called for every event that is not the start or the end of an operation. */
  event?(event: Event): void;
  /**
   * Called when a session ends, once for each object that only this session used. Other objects live until
   * the run ends.
   */
  objectEnded?(object: TrackedObject): void;
  /** Called once for each session: after its last operation, or at the end of the run. */
  sessionEnded?(session: SessionState): void;
  /** Returns the counts so far. Cheap enough to call after every event. */
  counts(): Counts;
  finish(): CheckFinding;
}

/** The counts that decide a verdict. The counts of several parts of a run, such as k6's virtual users, can be added. */
export type Counts = Readonly<Record<string, Count>>;
type Count = number | { readonly [name: string]: Count };

/** Counts by name, usually the name of an instance. */
export type NamedCounts = Record<string, number>;

/** Called with an anomaly as soon as it is found, if the anomaly is kept for the report (not only counted). */
export type OnAnomaly = (anomaly: Anomaly) => void;

/** What a check finds: a verdict without the name of the guarantee and without `claimed`. */
export type CheckFinding = Omit<Verdict, 'guarantee' | 'claimed'>;

/** A finding without the anomalies. The counts alone decide it. */
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
  /** What must be true of the recorded history, or the verdict may be wrong. Shown in docs and reports. */
  assumes: string;
  /** The minimum evidence for `valid`. */
  minimum: string;
  /**
   * Starts the check for one run.
   *
   * @param faults the faults of the run. It receives each event before the check does
   * @param seen facts about all sessions, which grow during the run
   */
  start(run: Run, onAnomaly: OnAnomaly | undefined, faults: FaultLedger, seen: SeenInRun): Fold;
  /** Decides the verdict from the counts of one run, or from the summed counts of several parts of a run. */
  conclude(counts: Counts, run: Run): Conclusion;
}

/**
 * Decides a verdict.
 *
 * @param missing which evidence is missing and how to get it; undefined if there is enough evidence
 */
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
