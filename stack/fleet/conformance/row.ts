/** What conformance is told in: one documented behaviour, and what was measured of it. */
import type { ProfileName } from '../profile.ts';

export interface Row {
  profile: ProfileName;
  /** What is looked at, in a few words. */
  what: string;
  /** What the documentation says. */
  documented: string;
  measured: string;
  /** Undefined where it could not be measured. */
  agrees: boolean | undefined;
  /** Why it differs, where that is known. */
  known?: string;
}

/** agrees; differs, and that is known; differs; could not be measured */
export type Outcome = 'agrees' | 'known' | 'differs' | 'unknown';

export function outcomeOf({ agrees, known }: Row): Outcome {
  if (agrees === undefined) return 'unknown';
  if (agrees) return 'agrees';
  return known === undefined ? 'differs' : 'known';
}

export const MARKS: Record<Outcome, string> = { agrees: '✓', known: '≠', differs: '✗', unknown: '?' };

/** Times of a profile as they would be without its speedup, and the bounds that they are to keep. */
export class Pace {
  readonly #speedup: number;

  constructor(speedup: number) {
    this.#speedup = speedup;
  }

  /** @param ms as measured @returns as it would be at the profile's own pace: `58 s` */
  told(ms: number): string {
    const seconds = (ms * this.#speedup) / 1000;
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }

  /** @param least and most by the figures, milliseconds @returns whether it fits; this machine takes time too */
  fits(ms: number, least: number, most: number): boolean {
    return ms >= least - EARLY_MS && ms <= most + LATE_MS;
  }
}

/** What a timer may be early, and what probing, reloading and a busy machine may add; milliseconds. */
const EARLY_MS = 50;
const LATE_MS = 1_500;
