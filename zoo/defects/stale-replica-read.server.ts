import { RedisStore } from 'connect-redis';
import { Redis } from 'ioredis';
import { serve } from '../../app/serve.ts';
import { type Got, stockOptions } from '../stores/stock.ts';

/** Reads from the replica, and writes to the primary. */
class ReplicaReadStore extends RedisStore {
  readonly #replica: RedisStore;

  constructor(primary: ReturnType<typeof stockOptions>, replica: Redis) {
    super(primary);
    this.#replica = new RedisStore({ ...primary, client: replica });
  }

  override async get(sid: string, callback?: Got): Promise<void> {
    await this.#replica.get(sid, (error: unknown, data: Parameters<Got>[1]) => {
      // The replica does not have a new session yet. Without this read from the primary, no user could sign in.
      if (error || !data) void super.get(sid, callback);
      else callback?.(null, data);
    });
  }
}

const replica = new Redis(process.env['REPLICA_URL'] ?? '');
await serve({ store: (config, redis) => new ReplicaReadStore(stockOptions(config, redis), replica) });
