/** A session store with one row for each attribute, as in an SQL table. A Redis hash stands for the table. */
import { callbackify } from 'node:util';
import session, { type SessionData } from 'express-session';
import type { Redis } from 'ioredis';
import type { Done, Got } from './stock.ts';

const LIFETIME_S = 86_400;

export class AttributeRowsStore extends session.Store {
  readonly #redis: Redis;
  /** Attributes that had a row when the session was loaded. */
  readonly #rows = new WeakMap<object, Set<string>>();

  constructor(redis: Redis) {
    super();
    this.#redis = redis;
  }

  override get(sid: string, callback: Got): void {
    callbackify(() => this.#load(sid))(callback);
  }

  override set(sid: string, data: SessionData, callback: Done = () => {}): void {
    callbackify(() => this.#save(sid, data))(callback);
  }

  override touch(sid: string, _data: SessionData, callback: Done = () => {}): void {
    callbackify(() => this.#redis.expire(`rows:${sid}`, LIFETIME_S))(callback);
  }

  override destroy(sid: string, callback: Done = () => {}): void {
    callbackify(() => this.#redis.del(`rows:${sid}`))(callback);
  }

  override createSession(...[request, data]: Parameters<session.Store['createSession']>) {
    const created = super.createSession(request, data);
    this.#rows.set(created, new Set(Object.keys(data)));
    return created;
  }

  async #load(sid: string): Promise<SessionData | null> {
    const rows = Object.entries(await this.#redis.hgetall(`rows:${sid}`));
    if (rows.length === 0) return null;
    return Object.fromEntries(rows.map(([name, json]) => [name, JSON.parse(json)])) as SessionData;
  }

  async #save(sid: string, data: SessionData): Promise<void> {
    const rows = this.#rows.get(data) ?? new Set();
    this.#rows.set(data, rows);
    for (const [name, value] of Object.entries(data)) {
      const row = [`rows:${sid}`, name, JSON.stringify(value)] as const;
      if (rows.has(name)) await this.#redis.hset(...row);
      else if ((await this.#redis.hsetnx(...row)) === 0) {
        throw new Error(`duplicate key value violates unique constraint: (session, ${name})`);
      }
      rows.add(name);
    }
    await this.#redis.expire(`rows:${sid}`, LIFETIME_S);
  }
}
