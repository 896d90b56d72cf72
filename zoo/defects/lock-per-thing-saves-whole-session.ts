import type { Defect } from '../entry.ts';

const list = (object: string) => ({
  ...{ object, scope: 'session', kind: 'list' },
  read: { path: `/app/${object}`, items: 'data-item="([^"]*)"' },
  add: { path: `/app/${object}`, form: { item: '{value}' } },
});

export const lockPerThingSavesWholeSession: Defect = {
  kind: 'defect',
  name: 'lock-per-thing-saves-whole-session',
  section: 'no-lost-updates',
  broken:
    'Changes of the cart take turns by a lock on the cart, changes of the wishes by a lock on the wishes, and each saves the whole session. A change of the one that overlaps a change of the other undoes it.',
  wild: 'Somebody found the cart losing items when people click twice, and put a lock around it. The next form got a lock of its own. Sessions are still saved whole, whichever key was set.',
  references: ['aspnet/Session#60', 'aspnet/Session#72', 'laravel/framework#30996'],
  remedy:
    'Lock what is saved, the session, for every request that writes; or save single keys, as redis-attributes does.',
  needs: ['overlap'],
  deployment: {
    host: 'plain',
    program: new URL('./lock-per-thing-saves-whole-session.server.ts', import.meta.url),
  },
  target: { probes: [list('cart'), list('wishes')], slow: undefined },
  must: { guarantee: 'no-lost-updates', anomaly: 'CLOBBER' },
  mustNot: [
    'continuity',
    'isolation',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'rotation',
    'forgery',
    'availability',
    'evidence',
  ],
};
