/** The interface of a scene: it runs on one stack for some minutes, and measures several behaviours. */
import type { StickyMode } from '../../sticky.ts';
import type { Profile } from '../profile.ts';
import type { Rig } from './rig.ts';
import type { Row, TimeScale } from './row.ts';

export interface ConformanceStage {
  rig: Rig;
  profile: Profile;
  pace: TimeScale;
  /** Records a result. */
  row(row: Omit<Row, 'profile'>): void;
}

export interface Scene {
  name: string;
  /** Returns whether the scene applies to a profile. */
  fits(profile: Profile): boolean;
  sticky?: { mode: StickyMode; seconds?: number };
  play(stage: ConformanceStage): Promise<void>;
}
