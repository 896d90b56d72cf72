/** What a scene is: some minutes in the life of a stack, of which several behaviours are measured. */
import type { StickyMode } from '../../sticky.ts';
import type { Profile } from '../profile.ts';
import type { Rig } from './rig.ts';
import type { Pace, Row } from './row.ts';

export interface Stage {
  rig: Rig;
  profile: Profile;
  pace: Pace;
  /** Tells what was measured. */
  row(row: Omit<Row, 'profile'>): void;
}

export interface Scene {
  name: string;
  /** Whether it says anything of this profile. */
  fits(profile: Profile): boolean;
  sticky?: { mode: StickyMode; seconds?: number };
  play(stage: Stage): Promise<void>;
}
