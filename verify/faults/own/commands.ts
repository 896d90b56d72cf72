/** A fault by commands of whoever knows the system. */
import type { FaultSpec } from '../../target/schema-faults.ts';
import type { Disturbance } from '../fault.ts';
import type { Maker } from './index.ts';

/** @returns the one fault that `inject`, `heal` and `check` are */
export function byCommands(name: string, spec: FaultSpec, make: Maker): Disturbance[] {
  const { inject, heal, check } = spec;
  if (inject === undefined) return [];
  return [
    make({
      name,
      does: `what its commands do: ${typeof inject === 'string' ? inject : inject.join(' ')}`,
      async inject(orders, means) {
        if (heal !== undefined) orders.heals(heal);
        await orders.tell(inject);
        if (check === undefined) return means.shown(() => means.felt());
        return means.shown(async () => (await orders.ask(check)).code === 0);
      },
    }),
  ];
}
