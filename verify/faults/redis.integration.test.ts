import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { startRedis } from '../../stack/servers.ts';
import { keysOf } from './redis.ts';

/** Deletes the key `lock` right after a scan has listed it, as a request of the app might do. */
class DeletingRedis extends Redis {
  override async pttl(key: string): Promise<number> {
    if (key === 'lock') await this.del(key);
    return super.pttl(key);
  }
}

it('a key that is deleted during the scan counts neither as a key that expires nor as one that does not', async () => {
  const server = await startRedis();
  const redis = new DeletingRedis(server.url);
  try {
    const withLock = async (which: 'expiring' | 'lasting') => {
      await redis.mset({ user: 'a', lock: 'b' });
      await redis.set('session', 'c', 'PX', 60_000);
      return keysOf(redis, which);
    };
    expect(await withLock('lasting')).toEqual(['user']);
    expect(await withLock('expiring')).toEqual(['session']);
  } finally {
    redis.disconnect();
    await server.dispose();
  }
});
