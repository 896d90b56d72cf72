import { RedisStore } from 'connect-redis';
import { Redis } from 'ioredis';
import { serve } from '../../app/serve.ts';
import type { Defect } from '../entry.ts';
import { laggingReplica } from '../services/replica.ts';
import { type Got, stockOptions } from '../stores/stock.ts';

export const staleReplicaRead: Defect = {
  kind: 'defect',
  name: 'stale-replica-read',
  section: 'read-your-writes',
  broken:
    'Sessions are written to the primary of Redis and read from a replica, which is behind the primary. A read right after a write shows the session as it was before the write.',
  wild: 'A setting of a client library, or the database layer of a framework, sends reads to replicas to take load off the primary. The library does not read from the primary after a write of the same session.',
  references: [
    'laravel/framework#22164',
    'spring-projects/spring-session#3026',
    'redisson/redisson#5617',
    'redisson/redisson#5618',
  ],
  remedy: 'Read sessions from the primary, and use a replica only for data that may be old.',
  needs: ['haste'],
  deployment: {
    host: 'card-store',
    program: new URL(import.meta.url),
    beside: laggingReplica(150),
  },
  must: { guarantee: 'read-your-writes', anomaly: 'STALE' },
  mustNot: ['continuity', 'isolation', 'routing', 'rotation', 'forgery', 'availability', 'evidence'],
};

/** Reads from the Redis replica, but writes to the primary. */
class ReplicaReadStore extends RedisStore {
  readonly #replica: RedisStore;

  constructor(primary: ReturnType<typeof stockOptions>, replica: Redis) {
    super(primary);
    this.#replica = new RedisStore({ ...primary, client: replica });
  }

  override async get(sid: string, callback?: Got): Promise<void> {
    await this.#replica.get(sid, (error: unknown, data: Parameters<Got>[1]) => {
      // Missing sessions are read from the primary, because no login would succeed otherwise.
      if (error || !data) void super.get(sid, callback);
      else callback?.(null, data);
    });
  }
}

if (import.meta.main) {
  const replica = new Redis(process.env['REPLICA_URL'] ?? '');
  await serve({ store: (config, redis) => new ReplicaReadStore(stockOptions(config, redis), replica) });
}
