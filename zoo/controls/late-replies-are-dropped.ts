import { UNDER_FAULTS } from '../claims.ts';
import type { Control } from '../entry.ts';

export const lateRepliesAreDropped: Control = {
  kind: 'control',
  name: 'late-replies-are-dropped',
  sound:
    'A read of the store that gets no reply within 0.8 s fails, and its connection is closed. The late reply reaches no request.',
  faults: 'store-pause',
  deployment: {
    host: 'plain',
    program: new URL('../defects/reply-after-a-timeout.ts', import.meta.url),
    env: { ON_TIMEOUT: 'close' },
  },
  target: { claims: UNDER_FAULTS },
};
