/**
 * Stores each session as one JSON text, which only one request at a time can use (docs/stores.md).
 * A request holds the session's lock from the load until the response ends.
 * A request whose lock has expired neither saves the session nor releases another request's lock.
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
  /** Time after which a lock expires, milliseconds. Must be longer than any request takes. */
  lockMs: number;
  /** Maximum time that a request waits for the lock of another request, milliseconds. */
  waitMs: number;
}

interface Held {
  readonly sid: string;
  readonly token: string;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /**
     * `token` is '' for a new session; `ttl` is in ms.
     * Returns 1 if saved, 0 if the session no longer exists, -1 if the lock has expired.
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

/** A session store with locks. `session.reload` would wait for the lock that its own request holds. */
export class RedisLockedStore extends PromiseStore {
  readonly #client: Redis | Cluster;
  readonly #prefix: string;
  readonly #options: RedisLockedOptions;
  /**
   * Key: session object, first the loaded data, then express-session's Session; value: its lock.
   * A session object without a lock is a new session.
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

  /** Gives the lock of the loaded data to express-session's Session object, until the response ends. */
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

  /** Prolongs the session and releases the lock: express-session calls `touch` last for a request. */
  protected async touchSession(sid: string, data: SessionData): Promise<void> {
    await this.#client.pexpire(this.#key(sid), Math.ceil(this.#options.ttl(data) * 1000));
    const held = this.#held.get(data);
    if (held) await this.#release(held);
  }

  /** Ends the session and deletes the lock. Waiting requests find no session, and the lock's holder cannot save. */
  protected async destroySession(sid: string): Promise<void> {
    await this.#client.del(this.#key(sid), this.#lock(sid));
  }

  /** Releases the lock also after a failed save or a disconnect, when express-session does not call `touch`. */
  #releaseWithResponse(request: Request, held: Held): void {
    const { res: response } = request;
    if (!response) return;
    if (response.closed) this.#letGo(held);
    else response.once('close', () => this.#letGo(held));
  }

  /** Releases the lock without waiting. The lock expires if Redis does not reply. */
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
