/** Creates a fault of a target file from its kind, such as `compose`, and from common keys, such as `lasts`. */
import { findProgram } from '../../../stack/programs.ts';
import type { Random } from '../../random.ts';
import type { FaultSpec } from '../../target/schema-faults.ts';
import type { Disturbance, FaultTraits, Means } from '../fault.ts';
import type { Commands } from './commands.ts';

interface Made extends Pick<FaultTraits, 'name' | 'does' | 'deploy'> {
  where?: string;
  /** The disturbed part of the system. Default: the value of the key `part` in the target file. */
  part?: FaultTraits['part'];
  lacks?: () => string | undefined;
  /** Performs the fault. Returns whether its effect was seen. */
  inject(commands: Commands, means: Means, random: Random): Promise<boolean>;
}

export type Maker = (made: Made) => Disturbance;

export function makerOf(spec: FaultSpec, commandsOf: (means: Means) => Commands): Maker {
  const { down, loses, lasts, instances } = spec;
  return ({ name, does, where, inject, lacks, deploy = false, part = spec.part }) => ({
    name,
    does,
    part,
    ...((spec.deploy ?? deploy) ? { deploy: true } : {}),
    ...(down ? { down } : {}),
    ...(loses ? { loses } : {}),
    ...(lasts === undefined ? {} : { lasts: () => lasts }),
    ...(instances === undefined ? {} : { instances }),
    ...(lacks === undefined ? {} : { lacks }),
    aim: random => ({ where, inject: means => inject(commandsOf(means), means, random) }),
  });
}

/** Returns `NAME on the PATH`, for an error message, if a program is not found. */
export function lacksProgram(name: string): string | undefined {
  try {
    findProgram(name);
    return undefined;
  } catch {
    return `${name} on the PATH`;
  }
}
