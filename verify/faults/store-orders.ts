/** Faults that disturb Redis by a Redis command. */

import { freePort } from '../../stack/ports.ts';
import { openRedis, withRedis } from '../../stack/redis-connection.ts';
import type { StackFault } from './fault.ts';
import { evictedOf, lacksRedis, refuses } from './redis.ts';

export const storeReadOnly: StackFault = {
  name: 'store-read-only',
  part: 'store',
  does: 'the store refuses all writes, like a primary that became a replica',
  lacks: lacksRedis,
  async inject({ stack, undo }) {
    const { url } = stack.store;
    const closedPort = await freePort();
    undo(() => withRedis(url, redis => redis.replicaof('NO', 'ONE')));
    return withRedis(url, async redis => {
      await redis.replicaof('127.0.0.1', closedPort);
      return refuses(redis.set('baton:probe', '1'), 'READONLY');
    });
  },
};

export const storeFull: StackFault = {
  name: 'store-full',
  part: 'store',
  does: 'the store has no memory left: it refuses writes or evicts keys, depending on its `maxmemory-policy`',
  lacks: lacksRedis,
  async inject({ stack, undo, shown }) {
    const { url } = stack.store;
    undo(() => withRedis(url, redis => redis.config('SET', 'maxmemory', '0')));
    return withRedis(url, async redis => {
      const before = await evictedOf(redis);
      await redis.config('SET', 'maxmemory', '1');
      return shown(
        async () =>
          (await refuses(redis.set('baton:probe', '1'), 'OOM')) || (await evictedOf(redis)) > before,
      );
    });
  },
};

export const storeConnections: StackFault = {
  name: 'store-connections',
  part: 'store',
  does: 'the store closes its connections and accepts no new ones, as if its limit of connections were reached',
  down: true,
  lacks: lacksRedis,
  async inject({ stack, undo }) {
    const { url } = stack.store;
    // Stays connected, because Redis now refuses new connections, and only an open connection can raise the limit of
    // connections again.
    const ours = await openRedis(url);
    const [, most = '10000'] = (await ours.config('GET', 'maxclients')) as string[];
    undo(async () => {
      await ours.config('SET', 'maxclients', most);
      ours.disconnect();
    });
    await ours.config('SET', 'maxclients', '1');
    await ours.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    return withRedis(url, redis => redis.ping()).then(
      () => false,
      () => true,
    );
  },
};
