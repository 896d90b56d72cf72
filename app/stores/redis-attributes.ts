/**
 * An express-session store that saves single attributes, so that parallel requests of one session do not
 * undo each other, and that never brings a destroyed session back. docs/stores.md states its guarantees.
 *
 * A session is one Redis hash; each enumerable property of the session object is one field of it, as JSON.
 * What changes independently should be a property of its own: `session['basket:tea']`, not `session.basket.tea`.
 */
import { callbackify } from 'node:util';
import session, { type SessionData } from 'express-session';
import type { Cluster, Redis, Result } from 'ioredis';
import { SessionGoneError } from './errors.ts';

/** The same meaning as the options of connect-redis's RedisStore. */
export interface RedisAttributesOptions {
  client: Redis | Cluster;
  /** Of every key; `sess:` by default. */
  prefix?: string;
  /** Seconds, or a function of the session. A number yields to `cookie.expires` where that is set. */
  ttl?: number | ((session: SessionData) => number);
  /** Sessions never expire in Redis. */
  disableTTL?: boolean;
  /** Reading a session does not prolong it. */
  disableTouch?: boolean;
}

/** What Redis holds of a loaded session: attribute → JSON. */
type Snapshot = Map<string, string>;

/** After a failed write nobody knows what Redis holds. Equal to no JSON text, so the next save writes it. */
const UNKNOWN = '';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** key, 'create' or 'update', TTL in ms or '', number of removed fields, these, then field, value … */
    saveSessionAttributes(key: string, ...args: (string | number)[]): Result<number, Context>;
  }
}

// New values are written before old fields are removed: a Redis that is full or read-only refuses the first
// command, so a refused script changed nothing. Only a creation may bring a key into being.
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

/** express-session store; see the head of this file and docs/stores.md. */
export class RedisAttributesStore extends session.Store {
  readonly #client: Redis | Cluster;
  readonly #prefix: string;
  readonly #ttl: number | ((session: SessionData) => number);
  readonly #disableTTL: boolean;
  readonly #disableTouch: boolean;
  /**
   * Keyed by the very object that was loaded or saved: it is per request, it dies with the request, and
   * neither JSON.stringify nor a handler sees it. An object without a snapshot is a session to create.
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

  /** Loads a session: null if there is none, an error if Redis or its data cannot be read. */
  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    callbackify(() => this.#load(sid))(callback);
  }

  /**
   * Saves what changed since the session object was loaded or saved.
   * Calls back with SessionGoneError if the session is gone, with Redis' error if it did not confirm.
   */
  override set(sid: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.#save(sid, data))(callback);
  }

  /** Prolongs the session if it exists; never an error that it does not, and never its revival. */
  override touch(sid: string, data: SessionData, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.#touch(sid, data))(callback);
  }

  /** Ends the session; ending one that has gone already is no error. */
  override destroy(sid: string, callback: (error?: unknown) => void = () => {}): void {
    callbackify(() => this.#destroy(sid))(callback);
  }

  /** express-session makes its Session from the data that `get` gave: the snapshot follows. */
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
    // Before the answer is there, so that a save that overlaps this one compares with what will be in Redis.
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

  /** Milliseconds, by the rules of connect-redis. */
  #ttlMs(data: SessionData): number {
    if (typeof this.#ttl === 'function') return Math.ceil(this.#ttl(data) * 1000);
    const { expires } = data.cookie;
    return expires ? new Date(expires).getTime() - Date.now() : this.#ttl * 1000;
  }
}

function encode(data: SessionData): Snapshot {
  const attributes: Snapshot = new Map();
  for (const [name, value] of Object.entries(data)) {
    // undefined where JSON knows no such value (undefined, a function): no attribute, as in JSON.stringify.
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
      'expected a session hash with a field "cookie", got one without; another program wrote this key',
    );
  }
  return data;
}

function isSessionData(data: Record<string, unknown>): data is Record<string, unknown> & SessionData {
  return typeof data['cookie'] === 'object' && data['cookie'] !== null;
}
