/** Defines a scene: a measurement of several behaviours of one running stack. Takes some minutes. */
import type { Profile } from '../../stack/fleet/profile.ts';
import type { StickyMode } from '../../stack/sticky.ts';
import type { Rig } from './rig.ts';

export interface ConformanceStage {
  rig: Rig;
  profile: Profile;
  pace: TimeScale;
  /**
   * Records one behaviour.
   * @param more `agrees`: whether the behaviour agrees with the documentation, if the texts do not show it; `known`:
   * reason for a known difference
   */
  row(
    what: string,
    documented: string,
    measured: string,
    more?: { agrees?: boolean; known?: string | undefined },
  ): void;
}

export interface Scene {
  name: string;
  fits(profile: Profile): boolean;
  sticky?: { mode: StickyMode; seconds?: number };
  play(stage: ConformanceStage): Promise<void>;
}

/** Tolerances of measured times: timers may fire EARLY_MS early; checks and reloads may take LATE_MS longer. */
const EARLY_MS = 50;
const LATE_MS = 1_500;

/** Converts times of a stack that runs `speedup` times faster than the real system. */
export class TimeScale {
  readonly #speedup: number;

  constructor(speedup: number) {
    this.#speedup = speedup;
  }

  /** Converts measured milliseconds to seconds of the real system, as text: `58 s`. */
  seconds(ms: number): string {
    const real = (ms * this.#speedup) / 1000;
    return `${real < 10 ? real.toFixed(1) : Math.round(real)} s`;
  }

  /** Returns true if a measured time is within the documented limits, plus a tolerance. */
  fits(ms: number, least: number, most: number): boolean {
    return ms >= least - EARLY_MS && ms <= most + LATE_MS;
  }
}
