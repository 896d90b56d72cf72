import type { Control } from '../entry.ts';

const path = (name: string): string => `/app/${name}`;

export const lateWrites: Control = {
  kind: 'control',
  name: 'late-writes',
  sound:
    'Each user has a motto: one write in eight gets a 503, is saved 400 ms later, and may overwrite a newer one. A 503 allows this. Each user also has a shelf, which takes six books and refuses more.',
  deployment: {
    host: 'plain',
    program: new URL('./late-writes.server.ts', import.meta.url),
  },
  target: {
    probes: [
      {
        object: 'shelf',
        scope: 'user',
        kind: 'list',
        cap: 6,
        read: { path: path('shelf'), items: 'data-item="([^"]*)"' },
        add: { path: path('shelf'), form: { text: '{value}' } },
      },
      {
        object: 'motto',
        scope: 'user',
        kind: 'register',
        read: { path: path('motto'), items: 'data-motto="([^"]*)"' },
        set: { path: path('motto'), form: { text: '{value}' } },
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
      'linearizability',
      'evidence',
    ],
  },
};
