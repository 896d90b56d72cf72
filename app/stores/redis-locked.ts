/**
 * Stores each session as one JSON text, which only one request at a time can use (docs/stores.md). A request holds
 * the session's lock from the load until the response ends.
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
  /** Returns the seconds until a session expires. */
  ttl: (session: SessionData) => number;
  /** Time after which a lock expires, milliseconds. Must exceed the longest request. */
  lockMs: number;
  waitMs: number;
}

interface Held {
  readonly sid: string;
  readonly token: string;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /**
     * Saves a session. Returns 1 if saved, 0 if the session no longer exists, -1 if the lock has expired.
     * @param token token of the lock; '' for a new session
     * @param ttl milliseconds
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

/** Random, so that waiting requests do not all retry at once. */
const retryMs = () => 1 + Math.random() * 9;

/** A session store with locks. Do not call `session.reload`: it waits for the lock that its own request holds. */
export class RedisLockedStore extends PromiseStore {
  readonly #client: Redis | Cluster;
  readonly #prefix: string;
  readonly #options: RedisLockedOptions;
  /** Locks by session object. A new session has no lock. */
  readonly #held = new WeakMap<object, Held>();

  constructor(options: RedisLockedOptions) {
    super();
    this.#client = options.client;
    this.#prefix = options.prefix ?? 'sess:';
    this.#options = options;
    this.#client.defineCommand('saveLockedSession', { numberOfKeys: 2, lua: SAVE });
    this.#client.defineCommand('releaseSessionLock', { numberOfKeys: 1, lua: RELEASE });
  }

  /** Copies the lock from the loaded data to the Session object that express-session makes of it. */
  override createSession(request: Request, data: SessionData) {
    const held = this.#held.get(data);
    const created = super.createSession(request, data);
    if (held) {
      this.#held.set(created, held);
      this.#releaseWithResponse(request, held);
    }
    return created;
  }

  /** Throws SessionBusyError if another request still holds the lock after `waitMs`. */
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

  /** Throws SessionGoneError or SessionLockLostError if nothing was saved. */
  protected async setSession(sid: string, data: SessionData): Promise<void> {
    const ttl = Math.ceil(this.#options.ttl(data) * 1000);
    if (ttl <= 0) throw new SessionGoneError();
    const token = this.#held.get(data)?.token ?? '';
    const json = JSON.stringify(data);
    const saved = await this.#client.saveLockedSession(this.#key(sid), this.#lock(sid), token, json, ttl);
    if (saved === 0) throw new SessionGoneError();
    if (saved === -1) throw new SessionLockLostError(this.#options.lockMs);
  }

  /** Prolongs the session, and releases its lock: express-session calls `touch` as the last operation of a request. */
  protected async touchSession(sid: string, data: SessionData): Promise<void> {
    await this.#client.pexpire(this.#key(sid), Math.ceil(this.#options.ttl(data) * 1000));
    const held = this.#held.get(data);
    if (held) await this.#release(held);
  }

  /**
   * Ends the session and deletes its lock. Waiting requests then find no session, and the request with the lock
   * cannot save.
   */
  protected async destroySession(sid: string): Promise<void> {
    await this.#client.del(this.#key(sid), this.#lock(sid));
  }

  /**
   * Releases the lock when the response ends: express-session does not call `touch` after a failed save or a
   * disconnect.
   */
  #releaseWithResponse(request: Request, held: Held): void {
    const { res: response } = request;
    if (!response) return;
    if (response.closed) this.#letGo(held);
    else response.once('close', () => this.#letGo(held));
  }

  /** Releases the lock without waiting. If Redis does not reply, the lock expires by itself. */
  #letGo(held: Held): void {
    this.#release(held).catch(() => {});
  }

  async #release({ sid, token }: Held): Promise<void> {
    await this.#client.releaseSessionLock(this.#lock(sid), token);
  }

  // Redis Cluster hashes only the text in braces, so a session and its lock are in one slot.
  #key(sid: string): string {
    return `${this.#prefix}{${sid}}`;
  }

  #lock(sid: string): string {
    return `${this.#prefix}{${sid}}:lock`;
  }
}
