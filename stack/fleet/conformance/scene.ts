/** The interface of a scene: it runs on one stack for some minutes, and measures several behaviours. */
import type { StickyMode } from '../../sticky.ts';
import type { Profile } from '../profile.ts';
import type { Rig } from './rig.ts';

export interface ConformanceStage {
  rig: Rig;
  profile: Profile;
  pace: TimeScale;
  /**
   * Records a result: a behaviour, as documented and as measured.
   *
   * @param more `agrees`: whether both behaviours are the same, if their texts do not show this; `known`: the reason
   *   for a known difference
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
  /** Returns whether the scene applies to a profile. */
  fits(profile: Profile): boolean;
  sticky?: { mode: StickyMode; seconds?: number };
  play(stage: ConformanceStage): Promise<void>;
}

/**
 * A measured time may be shorter than documented by EARLY_MS, because timers may fire early, and longer by LATE_MS,
 * because probes, reloads and a busy machine take time.
 */
const EARLY_MS = 50;
const LATE_MS = 1_500;

/** Shows measured times as the real system would take: multiplied by the profile's speedup. */
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

  /** Returns whether `ms` is within the documented limits, with a tolerance. */
  fits(ms: number, least: number, most: number): boolean {
    return ms >= least - EARLY_MS && ms <= most + LATE_MS;
  }
}
