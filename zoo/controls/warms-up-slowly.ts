import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const warmsUpSlowly: Control = {
  kind: 'control',
  name: 'warms-up-slowly',
  sound:
    'An instance that is killed and started again fails requests while it warms up: for half a second, beginning one second after its start. That is within the recovery time that the target declares for this fault, and longer than the one that it declares for all others.',
  faults: 'kill',
  deployment: {
    host: 'plain',
    program: new URL('./warms-up-slowly.server.ts', import.meta.url),
  },
  target: {
    budgets: { recovery: '100ms', faults: { kill: { recovery: '5s' } } },
    claims: UNDER_FAULTS,
  },
};
