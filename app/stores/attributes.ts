/**
 * The base class of express-session stores that save each attribute separately, so that parallel requests of one
 * session do not undo each other's changes. These stores never bring a destroyed session back. docs/stores.md states
 * the guarantees.
 *
 * Each enumerable property of the session object is one attribute, as JSON. Data that changes independently should be
 * separate properties: `session['basket:tea']`, not `session.basket.tea`.
 */
import type { SessionData, Store } from 'express-session';
import { SessionGoneError } from './errors.ts';
import { PromiseStore } from './promise-store.ts';

/** Options of the store. They have the same meaning as those of connect-redis's RedisStore. */
export interface AttributesOptions {
  /**
   * Time to live in seconds, or a function that returns it for a session. `cookie.expires`, if set, takes precedence
   * over a number.
   */
  ttl?: number | ((session: SessionData) => number);
  /** True if sessions never expire in the store. */
  disableTTL?: boolean;
  /** True if reading a session does not prolong it. */
  disableTouch?: boolean;
}

/** The changes of one session that a save writes to the store. */
export interface AttributesChange {
  /** True if the session is new. If false, the save writes nothing when the session does not exist. */
  readonly create: boolean;
  /** Time to live of the session, milliseconds; undefined if sessions never expire. */
  readonly ttlMs: number | undefined;
  /** Names and JSON texts of the changed attributes. */
  readonly changed: [string, string][];
  readonly removed: string[];
}

/** The attributes of a session in the store, as JSON by name, at the time when the session was loaded or last saved. */
type Snapshot = Map<string, string>;

/**
 * Stands in the snapshot for the JSON of an attribute after a failed write. This text is not valid JSON, so the next
 * save finds a difference and writes the attribute.
 */
const UNKNOWN = '';

export abstract class AttributesStore extends PromiseStore {
  readonly #ttl: number | ((session: SessionData) => number);
  readonly #disableTTL: boolean;
  readonly #disableTouch: boolean;
  /**
   * The snapshot (attributes in the store) of each session object that was loaded or saved. The session object belongs
   * to one request, so the snapshot is garbage-collected with the request, and neither JSON nor a handler contains it.
   * A session object without a snapshot is new.
   */
  readonly #snapshots = new WeakMap<object, Snapshot>();

  constructor(options: AttributesOptions) {
    super();
    this.#ttl = options.ttl ?? 86_400;
    this.#disableTTL = options.disableTTL ?? false;
    this.#disableTouch = options.disableTouch ?? false;
  }

  /** Returns all attributes of a session; none if the session does not exist. */
  protected abstract read(sid: string): Promise<[string, string][]>;
  /**
   * Writes all changes of a session, or none of them. Returns false, and writes nothing, if the session does not exist.
   */
  protected abstract write(sid: string, change: AttributesChange): Promise<boolean>;
  /** Sets the time to live of a session, in milliseconds. Does nothing if the session does not exist. */
  protected abstract prolong(sid: string, ttlMs: number): Promise<void>;

  /** Copies the snapshot of the loaded data to the Session object that express-session makes of this data. */
  override createSession(...[request, data]: Parameters<Store['createSession']>) {
    const snapshot = this.#snapshots.get(data);
    const created = super.createSession(request, data);
    if (snapshot) this.#snapshots.set(created, snapshot);
    return created;
  }

  /** Loads a session. Throws if the store does not respond or the data is malformed. */
  protected async getSession(sid: string): Promise<SessionData | null> {
    const fields = await this.read(sid);
    if (fields.length === 0) return null;
    const data = decode(fields);
    this.#snapshots.set(data, new Map(fields));
    return data;
  }

  /** Saves only the attributes that changed after the session object was loaded or last saved. */
  protected async setSession(sid: string, data: SessionData): Promise<void> {
    const ttl = this.#ttlMs(data);
    if (ttl <= 0) {
      await this.destroySession(sid);
      throw new SessionGoneError();
    }
    const before = this.#snapshots.get(data);
    const now = encode(data);
    const changed = [...now].filter(([name, json]) => before?.get(name) !== json);
    const removed = [...(before?.keys() ?? [])].filter(name => !now.has(name));
    // Sets the snapshot before the store replies, so that a second save of the same object compares with the values
    // that this save is storing.
    this.#snapshots.set(data, now);
    const ttlMs = this.#disableTTL ? undefined : ttl;
    let written: boolean;
    try {
      written = await this.write(sid, { create: before === undefined, ttlMs, changed, removed });
    } catch (error) {
      if (before) this.#doubt(data, [...changed.map(([name]) => name), ...removed]);
      else this.#snapshots.delete(data);
      throw error;
    }
    if (!written) throw new SessionGoneError();
  }

  #doubt(data: SessionData, names: string[]): void {
    const snapshot = this.#snapshots.get(data);
    for (const name of names) snapshot?.set(name, UNKNOWN);
  }

  protected async touchSession(sid: string, data: SessionData): Promise<void> {
    if (this.#disableTouch || this.#disableTTL) return;
    await this.prolong(sid, this.#ttlMs(data));
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
    // Omits values that JSON cannot express (undefined, a function), as JSON.stringify does.
    const json: string | undefined = JSON.stringify(value);
    if (json !== undefined) attributes.set(name, json);
  }
  return attributes;
}

function decode(fields: [string, string][]): SessionData {
  // Uses fromEntries, because it makes `__proto__` an ordinary property. An assignment would change the prototype.
  const data: Record<string, unknown> = Object.fromEntries(
    fields.map(([name, json]) => [name, JSON.parse(json)]),
  );
  if (!isSessionData(data)) {
    throw new Error(
      'expected a session with an attribute "cookie", got a session without it, which another program wrote',
    );
  }
  return data;
}

function isSessionData(data: Record<string, unknown>): data is Record<string, unknown> & SessionData {
  return typeof data['cookie'] === 'object' && data['cookie'] !== null;
}
