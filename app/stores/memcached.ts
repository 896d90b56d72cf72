/**
 * Stores each session in memcached as one JSON text. The stores on npm are not suitable. connect-memjs never prolongs a
 * session that is only read. connect-memcached prolongs a session by saving all of it, which undoes concurrent writes.
 */
import type { SessionData, Store } from 'express-session';
import type { MemcacheClient } from 'memcache-client';
import { accepted } from '../memcached.ts';
import { SessionGoneError } from './errors.ts';
import { PromiseStore } from './promise-store.ts';

export interface MemcachedStoreOptions {
  client: MemcacheClient;
  /** Prefix of every key of a session. */
  prefix: string;
  /** Returns the seconds until a session expires. */
  ttl: (session: SessionData) => number;
}

/**
 * Longest relative time to live that memcached accepts. memcached reads a larger number as a date, in seconds since
 * 1970, and the session would expire at once.
 */
const LONGEST_SECONDS = 30 * 24 * 60 * 60;

/**
 * An express-session store in memcached. After concurrent saves, the state of the last save remains. A destroyed
 * session never comes back.
 */
export class MemcachedStore extends PromiseStore {
  readonly #client: MemcacheClient;
  readonly #prefix: string;
  readonly #ttl: (session: SessionData) => number;
  /**
   * The session objects that were loaded or saved. A session object that is not in this set is new. Only for a new
   * session does a save create a key.
   */
  readonly #known = new WeakSet<object>();

  constructor({ client, prefix, ttl }: MemcachedStoreOptions) {
    super();
    this.#client = client;
    this.#prefix = prefix;
    this.#ttl = ttl;
  }

  /** Marks the Session object as loaded that express-session makes of the loaded data. */
  override createSession(...[request, data]: Parameters<Store['createSession']>) {
    const created = super.createSession(request, data);
    if (this.#known.has(data)) this.#known.add(created);
    return created;
  }

  /** Loads a session. Also resolves with null if memcached has evicted the session. */
  protected async getSession(sid: string): Promise<SessionData | null> {
    const found = await this.#client.get<string>(this.#prefix + sid);
    if (!found) return null;
    const data: SessionData = JSON.parse(found.value);
    this.#known.add(data);
    return data;
  }

  /**
   * Saves a session. Throws SessionGoneError if the session was destroyed, has expired or was evicted after it was
   * loaded.
   */
  protected async setSession(sid: string, data: SessionData): Promise<void> {
    if (this.#ttl(data) <= 0) throw new SessionGoneError();
    const [key, json, options] = [
      this.#prefix + sid,
      JSON.stringify(data),
      { lifetime: this.#expires(data) },
    ];
    const saved = this.#known.has(data)
      ? this.#client.replace(key, json, options)
      : this.#client.set(key, json, options);
    if (!(await accepted(saved, 'NOT_STORED'))) throw new SessionGoneError();
    this.#known.add(data);
  }

  protected async touchSession(sid: string, data: SessionData): Promise<void> {
    const expires = String(this.#expires(data));
    await accepted(this.#client.touch(this.#prefix + sid, expires), 'NOT_FOUND');
  }

  protected async destroySession(sid: string): Promise<void> {
    await accepted(this.#client.delete(this.#prefix + sid), 'NOT_FOUND');
  }

  /**
   * Returns the expiry in the format of memcached: up to 30 days as seconds from now, a longer time as a date, in
   * seconds since 1970.
   */
  #expires(data: SessionData): number {
    const seconds = Math.max(1, Math.ceil(this.#ttl(data)));
    return seconds <= LONGEST_SECONDS ? seconds : Math.ceil(Date.now() / 1000) + seconds;
  }
}
