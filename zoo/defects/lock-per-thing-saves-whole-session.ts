import type { Defect } from '../entry.ts';
import { oneAtATime } from '../hosts/plain/lock.ts';
import { servePlain } from '../hosts/plain/serve.ts';

const list = (object: string) => ({
  object,
  scope: 'session',
  kind: 'list',
  read: { path: `/app/${object}`, items: 'data-item="([^"]*)"' },
  add: { path: `/app/${object}`, form: { item: '{value}' } },
});

export const lockPerThingSavesWholeSession: Defect = {
  kind: 'defect',
  name: 'lock-per-thing-saves-whole-session',
  section: 'no-lost-updates',
  broken:
    'A lock on the cart serializes changes of the cart, and a lock on the wishes serializes changes of the wishes. Each change saves the whole session. If a change of the cart overlaps a change of the wishes, one undoes the other, and the user misses a change that was acknowledged.',
  wild: 'The cart lost items on double clicks, so a lock was put around it. The next form got its own lock. Sessions are still saved whole, whichever key was set.',
  references: ['aspnet/Session#60', 'aspnet/Session#72', 'laravel/framework#30996'],
  remedy:
    'Lock the whole session for every request that writes, or save single keys, as redis-attributes does.',
  needs: ['overlap'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
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

if (import.meta.main)
  servePlain({
    beforeSession: redis => oneAtATime(redis, { waitMs: 2_000, otherwise: 'refuse', per: 'thing' }),
  });
