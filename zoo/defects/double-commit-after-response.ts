import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { copyOf, type Done, stockOptions } from '../stores/stock.ts';

export const doubleCommitAfterResponse: Defect = {
  kind: 'defect',
  name: 'double-commit-after-response',
  section: 'no-lost-updates',
  broken:
    'The app saves a session when it sends the response, and saves the same copy again when the request ends, a tenth of a second later. The second save undoes a change that the next request made in between, although that change was acknowledged.',
  wild: 'A filter saves when the response is committed, and again in its own clean-up. Strictly sequential clients lose their second change once the server is busy.',
  references: ['spring-projects/spring-session#604', 'spring-projects/spring-session#508'],
  remedy: 'Save once, and before the response. A clean-up must not write data that it read long ago.',
  needs: ['haste'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

/** Time from the response to the second save, milliseconds. */
const CLEAN_UP_MS = 100;

/** The defect: saves the session before the response, and saves the same data again when the request ends. */
class TwiceSavingStore extends RedisStore {
  override async set(sid: string, data: SessionData, callback?: Done): Promise<void> {
    const copy = copyOf(data);
    await super.set(sid, data, callback);
    setTimeout(() => void super.set(sid, copy, () => {}), CLEAN_UP_MS);
  }
}

if (import.meta.main)
  await serve({ store: (config, redis) => new TwiceSavingStore(stockOptions(config, redis)) });
