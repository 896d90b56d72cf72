import type { Control } from '../entry.ts';

const path = (name: string): string => `/app/${name}`;
const writes = (name: string) => ({ path: path(name), form: { text: '{value}' } });

export const dataFromElsewhere: Control = {
  kind: 'control',
  name: 'data-from-elsewhere',
  sound:
    'The plain host with data in Redis; one command makes each change. Each user has a diary and a motto, and all users share a board. They hold values from before the run and values of another program. Each user also has a counter that does not begin at 0. Texts of more than 200 characters are dropped without an error.',
  deployment: {
    host: 'plain',
    program: new URL('./data-from-elsewhere.server.ts', import.meta.url),
  },
  target: {
    probes: [
      {
        object: 'diary',
        scope: 'user',
        kind: 'bag',
        read: { path: path('diary'), items: 'data-item="([^"]*)"' },
        add: writes('diary'),
      },
      {
        object: 'board',
        scope: 'all',
        kind: 'bag',
        read: { path: path('board'), items: 'data-item="([^"]*)"' },
        add: writes('board'),
      },
      {
        object: 'motto',
        scope: 'user',
        kind: 'register',
        read: { path: path('motto'), items: 'data-motto="([^"]*)"' },
        set: writes('motto'),
      },
      {
        object: 'visits',
        scope: 'user',
        kind: 'counter',
        read: { path: path('visits'), items: 'data-visits="([^"]*)"' },
        increment: { path: path('visits') },
      },
    ],
    slow: { read: '/app/report' },
    claims: [
      'continuity',
      'isolation',
      'instances-agree',
      { routing: 'spread' },
      'read-your-writes',
      'monotonic-reads',
      'no-lost-updates',
      'at-most-once',
      'linearizability',
      'availability',
      'evidence',
    ],
  },
};
