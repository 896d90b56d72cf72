/** Makes a fault from the commands of the target file. */
import type { FaultSpec } from '../../target/schema-faults.ts';
import type { Disturbance } from '../fault.ts';
import type { Maker } from './index.ts';

/** Returns the fault that `inject`, `heal` and `check` define. */
export function byCommands(name: string, spec: FaultSpec, make: Maker): Disturbance[] {
  const { inject, heal, check } = spec;
  if (inject === undefined) return [];
  return [
    make({
      name,
      does: `what its commands do: ${typeof inject === 'string' ? inject : inject.join(' ')}`,
      async inject(orders, means) {
        if (heal !== undefined) orders.heals(heal);
        await orders.run(inject);
        if (check === undefined) return means.shown(() => means.felt());
        return means.shown(async () => (await orders.tryRun(check)).code === 0);
      },
    }),
  ];
}
