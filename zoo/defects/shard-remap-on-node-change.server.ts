import { RedisStore } from 'connect-redis';
import { Redis } from 'ioredis';
import { servePlain } from '../hosts/plain/serve.ts';
import type { Got } from '../stores/stock.ts';

const second = new Redis(process.env['SECOND_REDIS_URL'] ?? '');
const shards = Number(process.env['SHARDS']);

/** Returns the number of the store that has the session: it depends on the last character of the id. */
const shardOf = (sid: string): number => sid.charCodeAt(sid.length - 1) % shards;

class ShardedStore extends RedisStore {
  readonly #second = new RedisStore({ client: second });

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

servePlain({ store: client => new ShardedStore({ client }) });
