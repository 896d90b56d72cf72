import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { type Done, stockOptions } from '../stores/stock.ts';

export const saveErrorSwallowed: Defect = {
  kind: 'defect',
  name: 'save-error-swallowed',
  section: 'read-your-writes',
  broken:
    'When the store refuses to save a session, the app logs the error and reports success to the user. The next read does not show what was put into the basket.',
  wild: 'The session layer saves after the response, so it has no way to report the error, and drops it.',
  references: [
    'dotnet/AspNetCore.Docs PR#4870',
    'cuttle-cards/cuttle PR#1365',
    'sourcegraph/sourcegraph-public-snapshot#296',
    'OrchardCMS/OrchardCore#13235',
  ],
  remedy: 'Save before the response, and respond with 503 if the store refuses.',
  needs: ['fault'],
  faults: 'store-full',
  deployment: { host: 'card-store', program: new URL(import.meta.url) },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};

/** The defect: reports success even if the session could not be saved. */
class QuietStore extends RedisStore {
  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    await super.set(sid, data, () => callback?.());
  }
}

if (import.meta.main) await serve({ store: (config, redis) => new QuietStore(stockOptions(config, redis)) });
