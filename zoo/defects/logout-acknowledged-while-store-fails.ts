import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { type Done, stockOptions } from '../stores/stock.ts';

export const logoutAcknowledgedWhileStoreFails: Defect = {
  kind: 'defect',
  name: 'logout-acknowledged-while-store-fails',
  section: 'logout-final',
  broken:
    'When the store cannot delete a session, the logout still reports success and deletes the cookie in the browser. Any copy of the cookie stays signed in, also after the store has recovered.',
  wild: 'The app logs and drops an error of `destroy`. Then the primary becomes read-only, or the store is unavailable for a moment.',
  references: [
    'oauth2-proxy/oauth2-proxy#1658',
    'linuxfoundation/lfx-self-serve PR#1089',
    'onetimesecret/onetimesecret PR#3803',
  ],
  remedy:
    'Respond with an error if the store did not confirm the logout, and keep the cookie, so that the user can try again.',
  needs: ['fault', 'replay'],
  faults: 'store-read-only',
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: ['isolation', 'routing', 'outage', 'evidence'],
};

/** The defect: reports success even if the session could not be deleted. */
class ForgivingStore extends RedisStore {
  override async destroy(sid: string, callback?: Done): Promise<void> {
    await super.destroy(sid, () => callback?.());
  }
}

if (import.meta.main)
  await serve({ store: (config, redis) => new ForgivingStore(stockOptions(config, redis)) });
