import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const warmsUpSlowly: Control = {
  kind: 'control',
  name: 'warms-up-slowly',
  sound:
    'An instance that is killed and started again fails requests for half a second, one second after its start, while it warms up. That is within the time to recover that is declared of this fault, and beyond the one that is declared of others.',
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
