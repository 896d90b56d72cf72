/** Makes the faults that a target file defines, for a system that Baton did not start. */
import type { Target } from '../../target/load.ts';
import type { FaultSpec } from '../../target/schema-faults.ts';
import { secretsOf } from '../../target/secrets.ts';
import type { Random } from '../../workloads/random.ts';
import type { Disturbance, Facts, Means } from '../fault.ts';
import { byCommands } from './commands.ts';
import { ofService } from './compose.ts';
import { ofDeployment } from './kubernetes.ts';
import { Orders } from './orders.ts';
import { ofProcesses } from './processes.ts';

/** The properties of a fault that its kind sets (compose, processes, …). The target file sets the others. */
interface Made extends Pick<Facts, 'name' | 'does' | 'deploy'> {
  where?: string;
  lacks?: () => string | undefined;
  /** Performs the fault. Returns whether it was seen to take effect. */
  inject(orders: Orders, means: Means, random: Random): Promise<boolean>;
}

export type Maker = (made: Made) => Disturbance;

/**
 * Returns all faults of a target file, in the order of the file.
 *
 * @param environment contains the secrets of the target, which are hidden in the output of commands
 */
export function ownFaults(target: Target, environment: NodeJS.ProcessEnv): Disturbance[] {
  const office = { cwd: target.folder, secrets: secretsOf(target, environment) };
  return Object.entries(target.faults ?? {}).flatMap(([name, spec]) => {
    const { compose, processes, kubernetes, within } = spec;
    const make = makerOf(spec, (means: Means) => new Orders(office, means, within));
    if (compose !== undefined) return ofService(name, compose, within, make);
    if (processes !== undefined) return ofProcesses(name, processes, target.folder, within, make);
    if (kubernetes !== undefined) return ofDeployment(name, kubernetes, within, make);
    return byCommands(name, spec, make);
  });
}

function makerOf(spec: FaultSpec, ordersOf: (means: Means) => Orders): Maker {
  const { part, down, loses, lasts, instances } = spec;
  return ({ name, does, where, inject, lacks, deploy = false }) => ({
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
