/** One result of conformance: a documented behaviour, and the measured behaviour. */
import type { ProfileName } from '../profile.ts';

export interface Row {
  profile: ProfileName;
  /** The behaviour, in a few words. */
  what: string;
  /** The behaviour in the documentation. */
  documented: string;
  measured: string;
  /** True if both are the same; undefined if the behaviour could not be measured. */
  agrees: boolean | undefined;
  /** Why the measured behaviour differs, if the reason is known. */
  known?: string;
}

/** The measured behaviour agrees; differs for a known reason; differs unexpectedly; could not be measured. */
export type RowOutcome = 'agrees' | 'known' | 'differs' | 'unknown';

export function outcomeOf({ agrees, known }: Row): RowOutcome {
  if (agrees === undefined) return 'unknown';
  if (agrees) return 'agrees';
  return known === undefined ? 'differs' : 'known';
}

export const MARKS: Record<RowOutcome, string> = { agrees: '✓', known: '≠', differs: '✗', unknown: '?' };

/** Formats measured times without the speedup of the profile, and compares them with their limits. */
export class TimeScale {
  readonly #speedup: number;

  constructor(speedup: number) {
    this.#speedup = speedup;
  }

  /** @param ms the time measured with the speedup @returns the time without the speedup: `58 s` */
  seconds(ms: number): string {
    const real = (ms * this.#speedup) / 1000;
    return `${real < 10 ? real.toFixed(1) : Math.round(real)} s`;
  }

  /**
   * @param least and most the documented limits, milliseconds @returns whether `ms` is within them, with a tolerance
   */
  fits(ms: number, least: number, most: number): boolean {
    return ms >= least - EARLY_MS && ms <= most + LATE_MS;
  }
}

/** Tolerances, milliseconds: a timer may fire early, and probes, reloads and a busy machine take more time. */
const EARLY_MS = 50;
const LATE_MS = 1_500;
