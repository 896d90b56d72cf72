import type { Control } from '../entry.ts';

export const refusesLargeSessions: Control = {
  kind: 'control',
  name: 'refuses-large-sessions',
  sound:
    'A session holds 9,000 characters. A write beyond that gets status 500 and changes nothing, as when a cookie of Rails overflows. It is a refusal: smaller sessions work.',
  deployment: {
    host: 'plain',
    program: new URL('./refuses-large-sessions.server.ts', import.meta.url),
  },
};
