/** What every check is made of. */
import type { FaultLedger } from './faults/ledger.ts';
import type { Guarantee } from './guarantees.ts';
import type { Event, Operation, Run, Start } from './history.ts';
import type { SessionState, Standing } from './sessions.ts';
import type { Anomaly, Judgement, Verdict } from './verdict.ts';

/** What the fold of a check is given, in the order of the history. */
export interface Fold {
  /** An operation that may change something has been called. */
  started?(start: Start): void;
  /** An operation has ended, or will never be known to (then it has no `return`). */
  ended?(operation: Operation, standing: Standing): void;
  /** Any other line. */
  event?(event: Event): void;
  /** Nothing more comes of a session; called once for each, at the end of the run at the latest. */
  sessionEnded?(session: SessionState): void;
  /** What was counted so far: cheap, and may be asked after every event. */
  counts(): Counts;
  finish(): Finding;
}

/** Figures that a verdict follows from. Those of parts of a run (k6's virtual users) are added up. */
export type Counts = Readonly<Record<string, number>>;

/** Called with each anomaly that is kept, as soon as it is found. */
export type OnAnomaly = (anomaly: Anomaly) => void;

/** A verdict but for what the registry knows. */
export type Finding = Omit<Verdict, 'guarantee' | 'claimed'>;

/** A finding but for its witnesses: all that counts alone can tell. */
export type Conclusion = Omit<Finding, 'anomalies'>;

export interface Check {
  guarantee: Guarantee;
  /** What must be true of a history for the verdict to mean anything, for docs and reports. */
  assumes: string;
  /** The least evidence for `valid`. */
  minimum: string;
  /**
   * Begins a fold over one run.
   *
   * @param faults the run's fault ledger, which takes in each line before the fold does
   */
  start(run: Run, onAnomaly: OnAnomaly | undefined, faults: FaultLedger): Fold;
  /** What the counts of a fold, or of several added up, amount to. */
  conclude(counts: Counts, run: Run): Conclusion;
}

/** How many anomalies of a name are kept with their witness; the rest is counted. */
const KEPT = 5;

/** Collects anomalies: the first few of each name whole, the rest by number. */
export class Anomalies {
  count = 0;
  readonly kept: Anomaly[] = [];
  readonly #onAnomaly: OnAnomaly | undefined;
  readonly #of = new Map<string, number>();

  constructor(onAnomaly?: OnAnomaly) {
    this.#onAnomaly = onAnomaly;
  }

  /** @param name of the anomaly, from a check that knows several: none is to hide another */
  add(make: () => Anomaly, name = ''): void {
    this.count++;
    const known = this.#of.get(name) ?? 0;
    if (known >= KEPT) return;
    this.#of.set(name, known + 1);
    const anomaly = make();
    this.kept.push(anomaly);
    this.#onAnomaly?.(anomaly);
  }
}

/**
 * The common end of a check: violated if anything broke, unknown if there is too little, else valid.
 *
 * @param violations how many anomalies there were
 * @param missing what evidence is missing and how to get it; undefined when there is enough
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

/** @returns what reads one of the counts; those that nothing was added to are 0 */
export const reader =
  (counts: Counts) =>
  (name: string): number =>
    counts[name] ?? 0;

/** The least number of handoffs that anything which follows from continuity is judged on. */
export const ENOUGH_HANDOFFS = 10;

/** A rate as a person reads it: `0.012 %`. */
export function percent(rate: number): string {
  const value = rate * 100;
  if (value === 0) return '0 %';
  if (value < 0.0001) return '< 0.0001 %';
  return `${Number(value.toPrecision(2))} %`;
}

/** 12034 → `12,034`, the same in every runtime (k6 has no Intl). */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** `1 session`, `2 sessions`, `3,000 sessions`. */
export const counted = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`;
