import { RedisStore } from 'connect-redis';
import { Redis } from 'ioredis';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import { secondRedis } from '../services/second-redis.ts';
import type { Got } from '../stores/stock.ts';

export const shardRemapOnNodeChange: Defect = {
  kind: 'defect',
  name: 'shard-remap-on-node-change',
  section: 'survival',
  broken:
    'The id of a session, modulo the number of stores, selects its store. When a store is added, most ids select another store, which does not have their session.',
  wild: 'A client library shards by itself over a list of servers, without consistent hashing, or with a list that differs between hosts.',
  references: ['twitter/twemproxy#109', 'php-memcached-dev/php-memcached PR#23'],
  remedy:
    'Use slots that move with their data (Redis Cluster), or read from the previous store if the selected one does not have the session.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { SHARDS: '2' },
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
    env: { SHARDS: '1' },
    beside: secondRedis,
  },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['isolation', 'routing', 'evidence'],
};

const shards = Number(process.env['SHARDS']);

/** The defect: if a Redis server is added, most sessions are looked up on a different server. */
const shardOf = (sid: string): number => sid.charCodeAt(sid.length - 1) % shards;

class ShardedStore extends RedisStore {
  readonly #second = new RedisStore({ client: new Redis(process.env['SECOND_REDIS_URL'] ?? '') });

  override get(sid: string, callback?: Got): Promise<void> {
    return shardOf(sid) === 1 ? this.#second.get(sid, callback) : super.get(sid, callback);
  }

  override set(...[sid, ...rest]: Parameters<RedisStore['set']>): Promise<void> {
    return shardOf(sid) === 1 ? this.#second.set(sid, ...rest) : super.set(sid, ...rest);
  }

  override touch(...[sid, ...rest]: Parameters<RedisStore['touch']>): Promise<void> {
    return shardOf(sid) === 1 ? this.#second.touch(sid, ...rest) : super.touch(sid, ...rest);
  }

  override destroy(...[sid, ...rest]: Parameters<RedisStore['destroy']>): Promise<void> {
    return shardOf(sid) === 1 ? this.#second.destroy(sid, ...rest) : super.destroy(sid, ...rest);
  }
}

if (import.meta.main) servePlain({ store: client => new ShardedStore({ client }) });
