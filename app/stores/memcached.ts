/**
 * Stores each session in memcached as one JSON text. The stores on npm are unsuitable: connect-memjs never prolongs a
 * session that is only read; connect-memcached prolongs by saving all data, which undoes concurrent writes.
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

/** Longest time to live in seconds from now. memcached reads a larger number as seconds since 1970. */
const LONGEST_SECONDS = 30 * 24 * 60 * 60;

/** A session store in memcached. The last of several concurrent saves wins. A destroyed session never comes back. */
export class MemcachedStore extends PromiseStore {
  readonly #client: MemcacheClient;
  readonly #prefix: string;
  readonly #ttl: (session: SessionData) => number;
  /** Sessions that already have a key. Only the save of a new session may create a key. */
  readonly #known = new WeakSet<object>();

  constructor({ client, prefix, ttl }: MemcachedStoreOptions) {
    super();
    this.#client = client;
    this.#prefix = prefix;
    this.#ttl = ttl;
  }

  override createSession(...[request, data]: Parameters<Store['createSession']>) {
    const created = super.createSession(request, data);
    if (this.#known.has(data)) this.#known.add(created);
    return created;
  }

  /** Returns null also if memcached has evicted the session. */
  protected async getSession(sid: string): Promise<SessionData | null> {
    const found = await this.#client.get<string>(this.#prefix + sid);
    if (!found) return null;
    const data: SessionData = JSON.parse(found.value);
    this.#known.add(data);
    return data;
  }

  /** Throws SessionGoneError if the session ended or was evicted after the request loaded it. */
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

  #expires(data: SessionData): number {
    const seconds = Math.max(1, Math.ceil(this.#ttl(data)));
    return seconds <= LONGEST_SECONDS ? seconds : Math.ceil(Date.now() / 1000) + seconds;
  }
}
