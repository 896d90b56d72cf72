/** Defines a scene: a measurement of several behaviours of one running stack. A scene takes some minutes. */
import type { StickyMode } from '../../sticky.ts';
import type { Profile } from '../profile.ts';
import type { Rig } from './rig.ts';

export interface ConformanceStage {
  rig: Rig;
  profile: Profile;
  pace: TimeScale;
  /**
   * Records one behaviour of a load balancer.
   *
   * @param more `agrees`: whether the documented and the measured behaviour agree, if the two texts do not show it;
   * `known`: the known reason for a difference
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
  /** Returns whether this measurement is possible with a profile (an imitated load balancer). */
  fits(profile: Profile): boolean;
  sticky?: { mode: StickyMode; seconds?: number };
  play(stage: ConformanceStage): Promise<void>;
}

/**
 * Tolerance for measured times. A time can be up to EARLY_MS shorter than documented, because timers may fire early. It
 * can be up to LATE_MS longer, because health checks, reloads and a busy machine take time.
 */
const EARLY_MS = 50;
const LATE_MS = 1_500;

/** Converts times of a stack whose timeouts and intervals are `speedup` times shorter than those of the real system. */
export class TimeScale {
  readonly #speedup: number;

  constructor(speedup: number) {
    this.#speedup = speedup;
  }

  /**
   * Returns the corresponding time of the real system in seconds, as text: `58 s`.
   *
   * @param ms time as measured in the faster stack
   */
  seconds(ms: number): string {
    const real = (ms * this.#speedup) / 1000;
    return `${real < 10 ? real.toFixed(1) : Math.round(real)} s`;
  }

  /** Returns whether the measured time `ms` is within the documented limits, plus a tolerance. */
  fits(ms: number, least: number, most: number): boolean {
    return ms >= least - EARLY_MS && ms <= most + LATE_MS;
  }
}
