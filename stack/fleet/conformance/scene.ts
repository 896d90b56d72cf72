/** A scene measures several behaviours of one running stack, and takes some minutes. */
import type { StickyMode } from '../../sticky.ts';
import type { Profile } from '../profile.ts';
import type { Rig } from './rig.ts';

export interface ConformanceStage {
  rig: Rig;
  profile: Profile;
  pace: TimeScale;
  /**
   * Records a behaviour, as documented and as measured.
   *
   * @param more `agrees`: whether both are the same, if the texts do not show it; `known`: the known reason for a
   *   difference
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
  /** Returns whether this scene can be measured with a profile. */
  fits(profile: Profile): boolean;
  sticky?: { mode: StickyMode; seconds?: number };
  play(stage: ConformanceStage): Promise<void>;
}

/**
 * Tolerance for measured times. A time may be up to EARLY_MS shorter than documented, because timers may fire
 * early. It may be up to LATE_MS longer, because probes, reloads and a busy machine take time.
 */
const EARLY_MS = 50;
const LATE_MS = 1_500;

/** Converts times of a stack that runs `speedup` times as fast as the real system. */
export class TimeScale {
  readonly #speedup: number;

  constructor(speedup: number) {
    this.#speedup = speedup;
  }

  /** Returns a time in seconds of the real system: `58 s`. @param ms as measured */
  seconds(ms: number): string {
    const real = (ms * this.#speedup) / 1000;
    return `${real < 10 ? real.toFixed(1) : Math.round(real)} s`;
  }

  /** Returns whether `ms` is within the documented limits, with a tolerance. */
  fits(ms: number, least: number, most: number): boolean {
    return ms >= least - EARLY_MS && ms <= most + LATE_MS;
  }
}
