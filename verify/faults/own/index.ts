/** Creates the faults that a target file defines, for a system that Baton did not start. */
import type { Target } from '../../target/load.ts';
import type { FaultSpec } from '../../target/schema-faults.ts';
import { secretsOf } from '../../target/secrets.ts';
import type { Disturbance, Means } from '../fault.ts';
import { ofCache, ofGroup } from './aws.ts';
import { Commands } from './commands.ts';
import { ofService } from './compose.ts';
import { ofDeployment } from './kubernetes.ts';
import { type Maker, makerOf } from './maker.ts';
import { ofProcesses } from './processes.ts';

/**
 * Returns the faults of a target file in its order.
 *
 * @param environment environment variables, whose secrets are hidden in the output of commands
 */
export function ownFaults(target: Target, environment: NodeJS.ProcessEnv): Disturbance[] {
  const settings = { cwd: target.folder, secrets: secretsOf(target, environment) };
  return Object.entries(target.faults ?? {}).flatMap(([name, spec]) => {
    const { compose, processes, kubernetes, autoScaling, elastiCache, within } = spec;
    const make = makerOf(spec, (means: Means) => new Commands(settings, means, within));
    if (compose !== undefined) return ofService(name, compose, within, make);
    if (processes !== undefined) return ofProcesses(name, processes, target.folder, within, make);
    if (kubernetes !== undefined) return ofDeployment(name, kubernetes, within, make);
    if (autoScaling !== undefined) return ofGroup(name, autoScaling, within, make);
    if (elastiCache !== undefined) return ofCache(name, elastiCache, within, make);
    return byCommands(name, spec, make);
  });
}

function byCommands(name: string, { inject, heal, check }: FaultSpec, make: Maker): Disturbance[] {
  if (inject === undefined) return [];
  return [
    make({
      name,
      does: `runs the command of the target file: ${typeof inject === 'string' ? inject : inject.join(' ')}`,
      async inject(commands, means) {
        if (heal !== undefined) commands.heals(heal);
        await commands.run(inject);
        if (check === undefined) return means.shown(() => means.showsFault());
        return means.shown(async () => (await commands.tryRun(check)).code === 0);
      },
    }),
  ];
}
