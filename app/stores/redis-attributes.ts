/** An express-session store in Redis with one hash for each session and one field for each attribute. */
import type { Cluster, Redis, Result } from 'ioredis';
import { type AttributesChange, type AttributesOptions, AttributesStore } from './attributes.ts';

export interface RedisAttributesOptions extends AttributesOptions {
  client: Redis | Cluster;
  /** Prefix of every key; `sess:` by default. */
  prefix?: string;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /**
     * @param args 'create' or 'update'; TTL in ms or ''; number of removed fields; their names; then name and value
     * of each changed attribute
     */
    saveSessionAttributes(key: string, ...args: (string | number)[]): Result<number, Context>;
  }
}

// Redis does not roll back. If Redis is full or read-only, it refuses the first write, so the script must write
// fields before it removes any.
const SAVE = `
local key, mode, ttl, removed = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
if mode == 'create' then
  redis.call('DEL', key)
elseif redis.call('EXISTS', key) == 0 then
  return 0
end
for i = 4 + removed, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
for i = 4, 3 + removed do redis.call('HDEL', key, ARGV[i]) end
if ttl ~= '' then redis.call('PEXPIRE', key, ttl) end
return 1`;

export class RedisAttributesStore extends AttributesStore {
  readonly #client: Redis | Cluster;
  readonly #prefix: string;

  constructor(options: RedisAttributesOptions) {
    super(options);
    this.#client = options.client;
    this.#prefix = options.prefix ?? 'sess:';
    this.#client.defineCommand('saveSessionAttributes', {
      numberOfKeys: 1,
      lua: SAVE,
    });
  }

  protected async read(sid: string): Promise<[string, string][]> {
    return Object.entries(await this.#client.hgetall(this.#prefix + sid));
  }

  protected async write(
    sid: string,
    { create, ttlMs, changed, removed }: AttributesChange,
  ): Promise<boolean> {
    const args = [ttlMs ?? '', removed.length, ...removed, ...changed.flat()];
    const mode = create ? 'create' : 'update';
    return (await this.#client.saveSessionAttributes(this.#prefix + sid, mode, ...args)) === 1;
  }

  protected async prolong(sid: string, ttlMs: number): Promise<void> {
    await this.#client.pexpire(this.#prefix + sid, ttlMs);
  }

  protected async destroySession(sid: string): Promise<void> {
    await this.#client.del(this.#prefix + sid);
  }
}
