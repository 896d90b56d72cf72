/**
 * An express-session store that saves single attributes, so that parallel requests of one session do not undo each
 * other, and that never brings a destroyed session back. docs/stores.md states its guarantees.
 *
 * A session is one Redis hash; each enumerable property of the session object is one field of it, as JSON. Data that
 * changes independently should be separate properties: `session['basket:tea']`, not `session.basket.tea`.
 */
import { callbackify } from 'node:util';
import session, { type SessionData } from 'express-session';
import type { Cluster, Redis, Result } from 'ioredis';
import { SessionGoneError } from './errors.ts';

/** These options have the same meaning as those of connect-redis's RedisStore. */
export interface RedisAttributesOptions {
  client: Redis | Cluster;
  /** Prefix of every key; `sess:` by default. */
  prefix?: string;
  /**
   * Time to live in seconds, or a function of the session. `cookie.expires`, if set, takes precedence over a number.
   */
  ttl?: number | ((session: SessionData) => number);
  /** True: sessions never expire in Redis. */
  disableTTL?: boolean;
  /** True: reading a session does not prolong it. */
  disableTouch?: boolean;
}

/** The content of a loaded session in Redis: attribute → JSON. */
type Snapshot = Map<string, string>;

/**
 * Marks an attribute whose value in Redis is unknown after a failed write. It equals no JSON text, so the next save
 * writes the attribute.
 */
const UNKNOWN = '';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** key, 'create' or 'update', TTL in ms or '', number of removed fields, removed fields, then field and value … */
    saveSessionAttributes(key: string, ...args: (string | number)[]): Result<number, Context>;
  }
}

// Writes new values before it removes old fields. A Redis that is full or read-only refuses the first command, so a
// refused script has changed nothing. Only the mode 'create' may create a key.
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

/** An express-session store; see the head of this file and docs/stores.md. */
export class RedisAttributesStore extends session.Store {
  readonly #client: Redis | Cluster;
  readonly #prefix: string;
  readonly #ttl: number | ((session: SessionData) => number);
  readonly #disableTTL: boolean;
  readonly #disableTouch: boolean;
  /**
   * The key is the session object that was loaded or saved. So a snapshot belongs to one request and is
   * dropped with it. Neither JSON.stringify nor a handler sees the snapshot. An object without a snapshot is
   * a new session.
   */
  readonly #snapshots = new WeakMap<object, Snapshot>();

  constructor(options: RedisAttributesOptions) {
    super();
    this.#client = options.client;
    this.#prefix = options.prefix ?? 'sess:';
    this.#ttl = options.ttl ?? 86_400;
    this.#disableTTL = options.disableTTL ?? false;
    this.#disableTouch = options.disableTouch ?? false;
    this.#client.defineCommand('saveSessionAttributes', {
      numberOfKeys: 1,
      lua: SAVE,
    });
  }

  /** Loads a session: null if it does not exist, an error if Redis or the data cannot be read. */
  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    callbackify(() => this.#load(sid))(callback);
  }

  /**
   * Saves the attributes that changed since the session object was loaded or saved.
   * Calls back with SessionGoneError if the session no longer exists, with Redis' error if Redis did not confirm.
   */
  override set(sid: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.#save(sid, data))(callback);
  }

  /** Prolongs the session if it exists. Does nothing otherwise: it neither fails nor revives the session. */
  override touch(sid: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.#touch(sid, data))(callback);
  }

  /** Ends the session. It is no error if the session has ended already. */
  override destroy(sid: string, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.#destroy(sid))(callback);
  }

  /** Passes the snapshot to the Session that express-session creates from the data of `get`. */
  override createSession(...[request, data]: Parameters<session.Store['createSession']>) {
    const snapshot = this.#snapshots.get(data);
    const created = super.createSession(request, data);
    if (snapshot) this.#snapshots.set(created, snapshot);
    return created;
  }

  async #load(sid: string): Promise<SessionData | null> {
    const fields = Object.entries(await this.#client.hgetall(this.#prefix + sid));
    if (fields.length === 0) return null;
    const data = decode(fields);
    this.#snapshots.set(data, new Map(fields));
    return data;
  }

  async #save(sid: string, data: SessionData): Promise<void> {
    const ttl = this.#ttlMs(data);
    if (ttl <= 0) {
      await this.#destroy(sid);
      throw new SessionGoneError();
    }
    const before = this.#snapshots.get(data);
    const now = encode(data);
    const changed = [...now].filter(([name, json]) => before?.get(name) !== json);
    const removed = [...(before?.keys() ?? [])].filter(name => !now.has(name));
    // Set before Redis replies, so that an overlapping save compares with the values that will be in Redis.
    this.#snapshots.set(data, now);
    const args = [this.#disableTTL ? '' : ttl, removed.length, ...removed, ...changed.flat()];
    let written: number;
    try {
      const mode = before ? 'update' : 'create';
      written = await this.#client.saveSessionAttributes(this.#prefix + sid, mode, ...args);
    } catch (error) {
      if (before) this.#doubt(data, [...changed.map(([name]) => name), ...removed]);
      else this.#snapshots.delete(data);
      throw error;
    }
    if (written === 0) throw new SessionGoneError();
  }

  #doubt(data: SessionData, names: string[]): void {
    const snapshot = this.#snapshots.get(data);
    for (const name of names) snapshot?.set(name, UNKNOWN);
  }

  async #touch(sid: string, data: SessionData): Promise<void> {
    if (this.#disableTouch || this.#disableTTL) return;
    await this.#client.pexpire(this.#prefix + sid, this.#ttlMs(data));
  }

  async #destroy(sid: string): Promise<void> {
    await this.#client.del(this.#prefix + sid);
  }

  /** Returns the time to live in milliseconds, by the rules of connect-redis. */
  #ttlMs(data: SessionData): number {
    if (typeof this.#ttl === 'function') return Math.ceil(this.#ttl(data) * 1000);
    const { expires } = data.cookie;
    return expires ? new Date(expires).getTime() - Date.now() : this.#ttl * 1000;
  }
}

function encode(data: SessionData): Snapshot {
  const attributes: Snapshot = new Map();
  for (const [name, value] of Object.entries(data)) {
    // JSON cannot express some values (undefined, a function). They are omitted, like in JSON.stringify.
    const json: string | undefined = JSON.stringify(value);
    if (json !== undefined) attributes.set(name, json);
  }
  return attributes;
}

function decode(fields: [string, string][]): SessionData {
  // Unlike an assignment, fromEntries makes `__proto__` an ordinary property.
  const data: Record<string, unknown> = Object.fromEntries(
    fields.map(([name, json]) => [name, JSON.parse(json)]),
  );
  if (!isSessionData(data)) {
    throw new Error(
      'expected a session hash with a field "cookie", got a hash without it; another program wrote this key',
    );
  }
  return data;
}

function isSessionData(data: Record<string, unknown>): data is Record<string, unknown> & SessionData {
  return typeof data['cookie'] === 'object' && data['cookie'] !== null;
}
