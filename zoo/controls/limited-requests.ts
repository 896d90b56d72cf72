import type { Control } from '../entry.ts';
import { plainDoneRight } from './plain-done-right.ts';

export const limitedRequests: Control = {
  kind: 'control',
  name: 'limited-requests',
  sound:
    'The control plain-done-right, with a target file that allows Baton few requests per second. Each request waits in Baton for its turn. This wait is longer than the budget for a response of the app.',
  deployment: { ...plainDoneRight.deployment, env: { WORK_MS: '100' } },
  target: {
    limits: { requests: 15 },
    budgets: { wait: '1500ms' },
    claims: ['continuity', 'isolation', 'instances-agree', { routing: 'spread' }, 'availability', 'evidence'],
  },
};
