import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import type { Done } from '../stores/stock.ts';

export const largeSessionSilentlyNotSaved: Defect = {
  kind: 'defect',
  name: 'large-session-silently-not-saved',
  section: 'read-your-writes',
  broken:
    'The store takes items of up to 12,000 characters. If a session is larger, the client library of the store writes a warning and reports success, and the store keeps the older, smaller session. Acknowledged changes are missing.',
  wild: 'An item of memcached has at most 1 MB, and several client libraries raise no error for a larger item. Small sessions work, so the error is found in the log of one user.',
  references: ['ManageIQ/manageiq PR#10075', 'mbi/django-rosetta#3', 'lericson/pylibmc#5'],
  remedy:
    'Let the client raise an error above the limit, and refuse the change that makes the session too large.',
  needs: ['size'],
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'evidence'],
};

/** Maximum size of a session, characters. Imitates memcached's limit of 1 MB. */
const LARGEST = 12_000;

/** The defect: reports success without saving a session that is too large. */
class LimitedStore extends RedisStore {
  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    const { length } = JSON.stringify(data);
    if (length <= LARGEST) return super.set(sid, data, callback);
    console.warn(`the session has ${length} characters, more than ${LARGEST}`);
    callback?.();
  }
}

if (import.meta.main) servePlain({ store: redis => new LimitedStore({ client: redis }) });
