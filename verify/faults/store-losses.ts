/** Faults that delete data in Redis. No app can prevent this loss. */

import type { Redis } from 'ioredis';
import { withRedis } from '../../stack/redis-connection.ts';
import type { StackFault } from './fault.ts';
import { evictedOf, keysOf, lacksRedis } from './redis.ts';

/** A Redis key that never expires. In the card store, such keys hold users or cards, so the fault restores them. */
interface Kept {
  name: string;
  data: Buffer;
}

async function lastingOf(redis: Redis): Promise<Kept[]> {
  const names = await keysOf(redis, 'lasting');
  const kept = await Promise.all(names.map(async name => ({ name, data: await redis.dumpBuffer(name) })));
  return kept.filter((each): each is Kept => each.data !== null); // A key that was deleted after the scan has no data.
}

export const storeRestartEmpty: StackFault = {
  name: 'store-restart-empty',
  part: 'store',
  does: 'the store is killed and comes back without any session, because it keeps nothing on disk',
  down: true,
  loses: true,
  lacks: stack =>
    lacksRedis(stack) ?? (stack.store.wipe === undefined ? 'a Redis that can be wiped' : undefined),
  async inject({ stack, undo }) {
    const { store } = stack;
    const lasting = await withRedis(store.url, lastingOf);
    undo(async () => {
      await store.restart();
      await withRedis(store.url, redis =>
        Promise.all(lasting.map(({ name, data }) => redis.restore(name, 0, data, 'REPLACE'))),
      );
    });
    await store.kill();
    store.wipe?.();
    return !store.running();
  },
};

export const storeFlush: StackFault = {
  name: 'store-flush',
  part: 'store',
  does: 'all sessions are deleted from the store at once',
  loses: true,
  lacks: lacksRedis,
  inject: ({ stack }) =>
    withRedis(stack.store.url, async redis => {
      const names = await keysOf(redis, 'expiring');
      return names.length > 0 && (await redis.unlink(...names)) > 0;
    }),
};

export const storeEvict: StackFault = {
  name: 'store-evict',
  part: 'store',
  does: 'the store has no memory left, and evicts sessions',
  loses: true,
  lacks: lacksRedis,
  async inject({ stack, undo, shown }) {
    const { url } = stack.store;
    undo(() =>
      withRedis(url, redis => redis.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction')),
    );
    return withRedis(url, async redis => {
      const before = await evictedOf(redis);
      await redis.config('SET', 'maxmemory-policy', 'volatile-random', 'maxmemory', '1');
      return shown(async () => (await evictedOf(redis)) > before);
    });
  },
};
