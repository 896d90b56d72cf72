import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { type Got, stockOptions } from '../stores/stock.ts';

export const storeOutageLogsUsersOut: Defect = {
  kind: 'defect',
  name: 'store-outage-logs-users-out',
  section: 'outage',
  broken:
    'The app treats a failed lookup as a missing session. While the store is unavailable, every user sees the login page.',
  wild: 'An error handler in the session layer returns no session, so that pages for guests still work.',
  references: [
    'sourcegraph/sourcegraph-public-snapshot#37016',
    'sourcegraph/sourcegraph-public-snapshot PR#37031',
    'alkem-io/server PR#6333',
    'betagouv/rdv-service-public#3469',
  ],
  remedy: 'Distinguish an error from a missing session: respond with 503 at once, and change no cookie.',
  needs: ['fault'],
  faults: 'store-refuses',
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'outage', anomaly: 'LOGOUT' },
  mustNot: ['isolation', 'routing', 'evidence'],
};

/** The defect: treats a failed lookup as a missing session. */
class ForgivingStore extends RedisStore {
  override async get(sid: string, callback?: Got): Promise<void> {
    await super.get(sid, (error: unknown, data?: Parameters<Got>[1]) =>
      callback?.(null, error ? null : data),
    );
  }
}

if (import.meta.main)
  await serve({ store: (config, redis) => new ForgivingStore(stockOptions(config, redis)) });
