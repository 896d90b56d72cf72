/**
 * Makes a fault from the properties that its kind sets (compose, processes, …) and the properties that the target
 * file sets.
 */
import { findProgram } from '../../../stack/programs.ts';
import type { Random } from '../../random.ts';
import type { FaultSpec } from '../../target/schema-faults.ts';
import type { Disturbance, FaultTraits, Means } from '../fault.ts';
import type { Orders } from './orders.ts';

/** The properties of a fault that its kind sets. */
interface Made extends Pick<FaultTraits, 'name' | 'does' | 'deploy'> {
  where?: string;
  /** The part that the fault always disturbs. Absent: the target file names the part. */
  part?: FaultTraits['part'];
  lacks?: () => string | undefined;
  /** Performs the fault. Returns whether it was seen to take effect. */
  inject(orders: Orders, means: Means, random: Random): Promise<boolean>;
}

export type Maker = (made: Made) => Disturbance;

export function makerOf(spec: FaultSpec, ordersOf: (means: Means) => Orders): Maker {
  const { down, loses, lasts, instances } = spec;
  return ({ name, does, where, inject, lacks, deploy = false, part = spec.part }) => ({
    ...{ name, does, part },
    ...((spec.deploy ?? deploy) ? { deploy: true } : {}),
    ...(down ? { down } : {}),
    ...(loses ? { loses } : {}),
    ...(lasts === undefined ? {} : { lasts: () => lasts }),
    ...(instances === undefined ? {} : { instances }),
    ...(lacks === undefined ? {} : { lacks }),
    aim: random => ({ where, inject: means => inject(ordersOf(means), means, random) }),
  });
}

/** Returns what is missing, for an error message, if a program is not on the PATH; else undefined. */
export function lacksProgram(name: string): string | undefined {
  try {
    findProgram(name);
    return undefined;
  } catch {
    return `${name} on the PATH`;
  }
}
