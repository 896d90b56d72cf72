/**
 * Stores each session as one JSON text, as connect-redis does, but lets only one request at a time use a session. A
 * request that has loaded a session holds the session's lock until the response ends. docs/stores.md states the
 * guarantees and the costs.
 *
 * The lock is a key with a random token and a time to live. Saving and releasing compare the token in the same step.
 * So a request that took longer than its lock saves nothing, and releases no lock of another request.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request } from 'express';
import type { SessionData } from 'express-session';
import type { Cluster, Redis, Result } from 'ioredis';
import { SessionBusyError, SessionGoneError, SessionLockLostError } from './errors.ts';
import { PromiseStore } from './promise-store.ts';

export interface RedisLockedOptions {
  client: Redis | Cluster;
  /** Prefix of every key; `sess:` by default. */
  prefix?: string;
  /** Returns the seconds that a session has left. */
  ttl: (session: SessionData) => number;
  /** Milliseconds after which a lock expires. Must be longer than any request takes. */
  lockMs: number;
  /** Milliseconds that a request waits for the lock of another request. */
  waitMs: number;
}

interface Held {
  readonly sid: string;
  readonly token: string;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /**
     * Saves a session if the request still holds its lock. `token`: '' for a new session; `ttl`: ms. Returns 1 if
     * saved, 0 if the session no longer exists, -1 if the lock is lost.
     */
    saveLockedSession(
      key: string,
      lock: string,
      token: string,
      json: string,
      ttl: number,
    ): Result<number, Context>;
    releaseSessionLock(lock: string, token: string): Result<number, Context>;
  }
}

const SAVE = `
if ARGV[1] ~= '' then
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return -1 end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/** Wait between two attempts to get a lock, milliseconds. Random, so that waiting requests do not all retry at once. */
const retryMs = () => 1 + Math.random() * 9;

/**
 * An express-session store. Do not call `session.reload`: it waits for the lock that the request itself holds, and
 * calls back with SessionBusyError.
 */
export class RedisLockedStore extends PromiseStore {
  readonly #client: Redis | Cluster;
  readonly #prefix: string;
  readonly #options: RedisLockedOptions;
  /**
   * The lock of each session object. The key is first the loaded data, then the Session that express-session makes of
   * it. An object without a lock is a new session.
   */
  readonly #held = new WeakMap<object, Held>();

  constructor(options: RedisLockedOptions) {
    super();
    this.#client = options.client;
    this.#prefix = options.prefix ?? 'sess:';
    this.#options = options;
    this.#client.defineCommand('saveLockedSession', { numberOfKeys: 2, lua: SAVE });
    this.#client.defineCommand('releaseSessionLock', { numberOfKeys: 1, lua: RELEASE });
  }

  /**
   * express-session makes a Session of the data that `get` returned. Gives this Session the data's lock, which lasts
   * until the response ends.
   */
  override createSession(request: Request, data: SessionData) {
    const held = this.#held.get(data);
    const created = super.createSession(request, data);
    if (held) {
      this.#held.set(created, held);
      this.#releaseWithResponse(request, held);
    }
    return created;
  }

  /** Locks and loads a session. Throws SessionBusyError if its lock was not released within `waitMs`. */
  protected async getSession(sid: string): Promise<SessionData | null> {
    const held = { sid, token: await this.#acquire(sid) };
    try {
      const text = await this.#client.get(this.#key(sid));
      if (text !== null) {
        const data: SessionData = JSON.parse(text);
        this.#held.set(data, held);
        return data;
      }
    } catch (error) {
      this.#letGo(held);
      throw error;
    }
    await this.#release(held);
    return null;
  }

  async #acquire(sid: string): Promise<string> {
    const { lockMs, waitMs } = this.#options;
    const token = randomUUID();
    const deadline = performance.now() + waitMs;
    for (;;) {
      try {
        if ((await this.#client.set(this.#lock(sid), token, 'PX', lockMs, 'NX')) === 'OK') return token;
      } catch (error) {
        this.#letGo({ sid, token }); // Redis may have set the lock although the reply was lost.
        throw error;
      }
      if (performance.now() >= deadline) throw new SessionBusyError(waitMs);
      await sleep(retryMs());
    }
  }

  /** Saves under the lock. Throws SessionGoneError or SessionLockLostError if nothing was saved. */
  protected async setSession(sid: string, data: SessionData): Promise<void> {
    const ttl = Math.ceil(this.#options.ttl(data) * 1000);
    if (ttl <= 0) throw new SessionGoneError();
    const token = this.#held.get(data)?.token ?? '';
    const json = JSON.stringify(data);
    const saved = await this.#client.saveLockedSession(this.#key(sid), this.#lock(sid), token, json, ttl);
    if (saved === 0) throw new SessionGoneError();
    if (saved === -1) throw new SessionLockLostError(this.#options.lockMs);
  }

  /** Prolongs the session and releases the lock, because this is express-session's last call for a request. */
  protected async touchSession(sid: string, data: SessionData): Promise<void> {
    await this.#client.pexpire(this.#key(sid), Math.ceil(this.#options.ttl(data) * 1000));
    const held = this.#held.get(data);
    if (held) await this.#release(held);
  }

  /**
   * Ends the session and its lock. Requests that wait for the lock find no session, and the request that held the
   * lock cannot save.
   */
  protected async destroySession(sid: string): Promise<void> {
    await this.#client.del(this.#key(sid), this.#lock(sid));
  }

  /** Releases the lock of a request that ends without a touch: after a failed save, or when the client disconnected. */
  #releaseWithResponse(request: Request, held: Held): void {
    const { res: response } = request;
    if (!response) return;
    if (response.closed) this.#letGo(held);
    else response.once('close', () => this.#letGo(held));
  }

  /** Releases the lock without waiting. If Redis does not reply, the lock expires. */
  #letGo(held: Held): void {
    this.#release(held).catch(() => {});
  }

  async #release({ sid, token }: Held): Promise<void> {
    await this.#client.releaseSessionLock(this.#lock(sid), token);
  }

  // Redis Cluster hashes only the text in braces. So the key of the session and the key of its lock are in one slot.
  #key(sid: string): string {
    return `${this.#prefix}{${sid}}`;
  }

  #lock(sid: string): string {
    return `${this.#prefix}{${sid}}:lock`;
  }
}
