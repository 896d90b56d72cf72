/**
 * Base class of express-session stores that save each attribute separately (docs/stores.md). Each enumerable property
 * of a session is an attribute: `session['basket:tea']`, not `session.basket.tea`. A save never brings a destroyed
 * session back.
 */
import type { SessionData, Store } from 'express-session';
import { SessionGoneError } from './errors.ts';
import { PromiseStore } from './promise-store.ts';

export interface AttributesOptions {
  /** Time to live in seconds, or a function that returns it. The session's `cookie.expires` overrides a number. */
  ttl?: number | ((session: SessionData) => number);
  /** True if sessions never expire in the store. */
  disableTTL?: boolean;
  /** True if a read does not prolong the session. */
  disableTouch?: boolean;
}

export interface AttributesChange {
  /** True if the save may create the session; false if it must only change an existing session. */
  readonly create: boolean;
  /** Time to live, milliseconds; undefined if the session never expires. */
  readonly ttlMs: number | undefined;
  /** Names and JSON texts of changed attributes. */
  readonly changed: [string, string][];
  readonly removed: string[];
}

/** JSON texts of a session's attributes, as last loaded or saved. */
type Snapshot = Map<string, string>;

/** Marks an attribute whose write failed, so that the next save writes it again. */
const UNKNOWN = '';

export abstract class AttributesStore extends PromiseStore {
  readonly #ttl: number | ((session: SessionData) => number);
  readonly #disableTTL: boolean;
  readonly #disableTouch: boolean;
  /** A weak map keeps snapshots out of the session's JSON, and frees them with the request. */
  readonly #snapshots = new WeakMap<object, Snapshot>();

  constructor(options: AttributesOptions) {
    super();
    this.#ttl = options.ttl ?? 86_400;
    this.#disableTTL = options.disableTTL ?? false;
    this.#disableTouch = options.disableTouch ?? false;
  }

  protected abstract read(sid: string): Promise<[string, string][]>;
  /** Writes all changes or none. Returns false, and writes nothing, if the session does not exist. */
  protected abstract write(sid: string, change: AttributesChange): Promise<boolean>;
  /** Does nothing if the session does not exist. */
  protected abstract prolong(sid: string, ttlMs: number): Promise<void>;

  /** Copies the snapshot from the loaded data to the Session object that express-session makes of it. */
  override createSession(...[request, data]: Parameters<Store['createSession']>) {
    const snapshot = this.#snapshots.get(data);
    const created = super.createSession(request, data);
    if (snapshot) this.#snapshots.set(created, snapshot);
    return created;
  }

  /** Throws if the store does not respond or the data is malformed. */
  protected async getSession(sid: string): Promise<SessionData | null> {
    const fields = await this.read(sid);
    if (fields.length === 0) return null;
    const data = decode(fields);
    this.#snapshots.set(data, new Map(fields));
    return data;
  }

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
    // Sets the snapshot before the write ends, because a second save must compare with the values of this save.
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

  #ttlMs(data: SessionData): number {
    if (typeof this.#ttl === 'function') return Math.ceil(this.#ttl(data) * 1000);
    const { expires } = data.cookie;
    return expires ? new Date(expires).getTime() - Date.now() : this.#ttl * 1000;
  }
}

function encode(data: SessionData): Snapshot {
  const attributes: Snapshot = new Map();
  for (const [name, value] of Object.entries(data)) {
    // JSON.stringify returns undefined for undefined and for a function.
    const json: string | undefined = JSON.stringify(value);
    if (json !== undefined) attributes.set(name, json);
  }
  return attributes;
}

function decode(fields: [string, string][]): SessionData {
  // `fromEntries` makes `__proto__` an ordinary property, but an assignment would change the prototype.
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
