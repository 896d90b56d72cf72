import type { RedisClient } from '../../app/redis.ts';
import { serve } from '../../app/serve.ts';
import type { AttributesChange } from '../../app/stores/attributes.ts';
import { type RedisAttributesOptions, RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import type { Control } from '../entry.ts';
import { stockOptions } from '../stores/stock.ts';

export const waitsForReplicas: Control = {
  kind: 'control',
  name: 'waits-for-replicas',
  sound:
    'The card store acknowledges logins, changes and logouts only when each connected replica of Redis has them. While a replica gets no data, the card store responds to these requests with 503. Then that replica takes over with old data, and nothing that was acknowledged is lost.',
  faults: 'store-old-copy',
  deployment: { host: 'card-store', program: new URL(import.meta.url) },
  target: { claims: ['isolation', { routing: 'spread' }, 'survival', 'evidence'] },
};

/** Maximum time until the Redis replicas confirm a change, milliseconds. */
const WITHIN = 300;

/** Reports a change as saved only when each connected Redis replica has it. */
class WaitingStore extends RedisAttributesStore {
  readonly #redis: RedisClient;

  constructor(options: RedisAttributesOptions, redis: RedisClient) {
    super(options);
    this.#redis = redis;
  }

  // Before a read reports a missing session, the replicas must also have deleted the session.
  protected override async read(sid: string): Promise<[string, string][]> {
    const attributes = await super.read(sid);
    if (attributes.length === 0) await this.#replicated();
    return attributes;
  }

  protected override async write(sid: string, change: AttributesChange): Promise<boolean> {
    const written = await super.write(sid, change);
    await this.#replicated();
    return written;
  }

  protected override async destroySession(sid: string): Promise<void> {
    await super.destroySession(sid);
    await this.#replicated();
  }

  async #replicated(): Promise<void> {
    const replicas = Number(/connected_slaves:(\d+)/.exec(await this.#redis.info('replication'))?.[1]);
    const have = replicas === 0 ? 0 : await this.#redis.wait(replicas, WITHIN);
    if (have < replicas) throw new Error(`${have} of ${replicas} replicas have the session`);
  }
}

if (import.meta.main)
  await serve({ store: (config, redis) => new WaitingStore(stockOptions(config, redis), redis) });
