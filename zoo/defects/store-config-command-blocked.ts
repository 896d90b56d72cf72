import { RedisStore } from 'connect-redis';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { stockOptions } from '../stores/stock.ts';

export const storeConfigCommandBlocked: Defect = {
  kind: 'defect',
  name: 'store-config-command-blocked',
  section: 'availability',
  broken:
    'The new version sets an option of the store when it starts. A managed store forbids that command, so the start fails, the instance never becomes healthy, and the deploy stops half way.',
  wild: 'Session libraries enable keyspace events with CONFIG. That works on the Redis of a developer, and on no managed Redis.',
  references: [
    'spring-projects/spring-session#124',
    'spring-projects/spring-session#1606',
    'spring-projects/spring-data-redis#2894',
    'structurizr/onpremises#81',
  ],
  remedy:
    'Set options of the store in its own configuration (the parameter group), and let the app check whether they are set.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { NOTIFY_EXPIRY: 'true' },
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
    env: { STACK_REDIS: 'hardened' },
  },
  must: { guarantee: 'availability', anomaly: 'DOWN' },
  mustNot: ['continuity', 'isolation', 'routing', 'survival', 'evidence'],
};

if (import.meta.main)
  await serve({
    store: (config, redis) => {
      // Makes Redis publish an event when a session expires.
      if (process.env['NOTIFY_EXPIRY'] === 'true')
        redis.once('ready', () => void redis.config('SET', 'notify-keyspace-events', 'Ex'));
      return new RedisStore(stockOptions(config, redis));
    },
  });
