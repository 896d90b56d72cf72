/** A correct session store that makes the change of a draw (draw.ts): a defect, or something unusual but correct. */
import { callbackify, promisify } from 'node:util';
import type { SessionData } from 'express-session';
import { type RedisAttributesOptions, RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import { copyOf, type Done, type Got } from '../../zoo/stores/stock.ts';
import type { Oracle } from './oracle.ts';

type Loaded = SessionData | null;

/** The operations of a store. */
export interface Raw {
  load(sid: string): Promise<Loaded>;
  save(sid: string, data: SessionData): Promise<void>;
  renew(sid: string, data: SessionData): Promise<void>;
  end(sid: string): Promise<void>;
}

/** Returns the methods that a change needs. They replace those of the correct store, `real`. */
type Replace = (real: Raw, oracle: Oracle) => Partial<Raw>;

const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
const ignored = (): void => {};

/** Returns the content of a session without its expiry, to compare two copies. */
const contentOf = (data: Partial<SessionData> | null): string => {
  const { cookie: _, ...content } = data ?? {};
  return JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const differ = (one: Loaded, other: Loaded): boolean => contentOf(one) !== contentOf(other);
const owners = (one: Loaded, other: Loaded): boolean =>
  one?.user !== undefined && other?.user !== undefined && one.user !== other.user;

/** Returns a copy without the value that was added first; undefined if it has at most one value. */
function withoutOldest(data: SessionData): SessionData | undefined {
  const copy = copyOf(data);
  const items = Object.keys(copy).filter((name): name is `basket:${string}` => name.startsWith('basket:'));
  const [first] = items;
  if (items.length > 1 && first !== undefined) delete copy[first];
  else if (copy.cart !== undefined && copy.cart.length > 1) copy.cart.shift();
  else return undefined;
  return copy;
}

/**
 * Returns a changed `load` method. In the requests that the oracle selects, it responds with the result of `strike`.
 */
const onLoad =
  (strike: (sid: string, data: SessionData, real: Raw, oracle: Oracle) => Promise<Loaded>): Replace =>
  (real, oracle) => ({
    async load(sid) {
      const data = await real.load(sid);
      return data && oracle.strikes(sid, data) ? strike(sid, data, real, oracle) : data;
    },
  });

/**
 * Returns a changed `save` method. It calls `strike` in place of `save` if the oracle selects the request and
 * the session has changed.
 */
const onSave =
  (strike: (sid: string, data: SessionData, real: Raw, oracle: Oracle) => Promise<void>): Replace =>
  (real, oracle) => ({
    async save(sid, data) {
      if (!oracle.strikes(sid, data) || !differ(await real.load(sid), data)) return real.save(sid, data);
      return strike(sid, data, real, oracle);
    },
  });

/** Time for which a reply is held back, so that a later read can get it, milliseconds. Longer than one read takes. */
const PARKED = 40;

/**
 * Swaps the replies of two reads: each gets the reply of the other.
 *
 * @param inFlight true: a reply waits 1 ms, so only reads that overlap get swapped replies. false: a reply waits
 *   `PARKED` milliseconds, so a read that began later can get it
 */
const exchanging =
  (inFlight: boolean): Replace =>
  (real, oracle) => {
    let parked: { data: Loaded; take: (data: Loaded) => void } | undefined;
    return {
      async load(sid) {
        const data = await real.load(sid);
        const other = parked;
        if (other !== undefined) {
          parked = undefined;
          if (owners(data, other.data)) oracle.harm('two users got the reply of each other');
          other.take(data);
          return other.data;
        }
        if (data === null || !oracle.strikes(sid, data)) return data;
        return new Promise(resolve => {
          const own = { data, take: resolve };
          parked = own;
          setTimeout(
            () => {
              if (parked === own) parked = undefined;
              resolve(data);
            },
            inFlight ? 1 : PARKED,
          );
        });
      },
    };
  };

export const STORE_ACTS: Readonly<Record<string, Replace>> = {
  'drop-save': onSave(async (_sid, _data, _real, oracle) => oracle.harm('a save was dropped')),
  'slow-save': onSave(async (sid, data, real, oracle) => {
    // Copies the session, because the request may change it before this save takes effect.
    const copy = copyOf(data);
    oracle.harm('a save was acknowledged early');
    setTimeout(() => void real.save(sid, copy).catch(ignored), oracle.draw.ms);
  }),
  'save-again': onSave(async (sid, data, real, oracle) => {
    const copy = copyOf(data);
    await real.save(sid, data);
    await Promise.resolve();
    setTimeout(async () => {
      if (differ(await real.load(sid), copy)) oracle.harm('an old state was saved');
      await real.save(sid, copy).catch(ignored);
    }, oracle.draw.ms);
  }),
  'lose-item': onSave(async (sid, data, real, oracle) => {
    const less = withoutOldest(data);
    if (less !== undefined) oracle.harm('a value was left out');
    await real.save(sid, less ?? data);
  }),
  'lose-forever': onSave(async (sid, data, real, oracle) => {
    await real.save(sid, data);
    await real.end(sid);
    oracle.harm('a live session was deleted');
  }),
  'lose-once': onLoad(async (_sid, _data, _real, oracle) => {
    oracle.harm('a live session was not found');
    return null;
  }),
  'old-copy': (real, oracle) => {
    const copies = new Map<string, { data: Loaded; at: number }>();
    return {
      async load(sid) {
        const [data, copy] = [await real.load(sid), copies.get(sid)];
        if (copy && Date.now() - copy.at <= oracle.draw.ms && oracle.strikes(sid, copy.data)) {
          if (differ(data, copy.data)) oracle.harm('an old copy was returned');
          return copy.data && copyOf(copy.data);
        }
        copies.set(sid, { data: data && copyOf(data), at: Date.now() });
        return data;
      },
    };
  },
  'swap-keys': (real, oracle) => {
    let last = '';
    return {
      async load(sid) {
        const [data, other] = [await real.load(sid), last];
        if (data?.user === undefined) return data;
        last = sid;
        if (other === '' || other === sid || !oracle.strikes(sid, data)) return data;
        const theirs = await real.load(other);
        if (owners(data, theirs)) oracle.harm('the session of another user was returned');
        return theirs ?? data;
      },
    };
  },
  'mix-replies': exchanging(true),
  'late-reply': exchanging(false),
  'forget-delete': (real, oracle) => ({
    async end(sid) {
      const data = await real.load(sid);
      if (data?.user === undefined || !oracle.strikes(sid, data)) return real.end(sid);
      oracle.harm('a session was not deleted');
    },
  }),
  revive: (real, oracle) => ({
    async end(sid) {
      const data = await real.load(sid);
      await real.end(sid);
      if (data?.user === undefined || !oracle.strikes(sid, data)) return;
      const copy = copyOf(data);
      setTimeout(() => {
        oracle.harm('a deleted session was restored');
        void real.save(sid, copy).catch(ignored);
      }, oracle.draw.ms);
    },
  }),
  'wait-to-save': onSave(async (sid, data, real, { draw }) => {
    await later(draw.ms);
    await real.save(sid, data);
  }),
  'wait-to-load': onLoad(async (_sid, data, _real, { draw }) => {
    await later(draw.ms);
    return data;
  }),
  'save-twice': onSave(async (sid, data, real) => {
    await real.save(sid, data);
    await real.save(sid, data);
  }),
  'copy-with-version': (real, oracle) => {
    const copies = new Map<string, SessionData>();
    return {
      async load(sid) {
        const [data, copy] = [await real.load(sid), copies.get(sid)];
        if (data === null) return null;
        if (copy !== undefined && !differ(data, copy) && oracle.strikes(sid, data)) return copy;
        copies.set(sid, data);
        return data;
      },
    };
  },
  'late-renewal': (real, oracle) => ({
    async renew(sid, data) {
      if (!oracle.strikes(sid, data)) return real.renew(sid, data);
      setTimeout(() => void real.renew(sid, data).catch(ignored), oracle.draw.ms);
    },
  }),
  'refuse-size': (real, oracle) => ({
    async save(sid, data) {
      if (oracle.strikes(sid, data)) throw new Error('the session is too large');
      return real.save(sid, data);
    },
  }),
};

/**
 * The session store of the card store. If the change of the draw concerns the store (`STORE_ACTS`), makes this change.
 */
export class DrawnStore extends RedisAttributesStore {
  readonly #raw: Raw;

  constructor(options: RedisAttributesOptions, oracle: Oracle) {
    super(options);
    const real: Raw = {
      load: async sid => (await promisify(super.get.bind(this))(sid)) ?? null,
      save: (sid, data) => promisify<string, SessionData>(super.set.bind(this))(sid, data),
      renew: (sid, data) => promisify<string, SessionData>(super.touch.bind(this))(sid, data),
      end: sid => promisify<string>(super.destroy.bind(this))(sid),
    };
    this.#raw = { ...real, ...STORE_ACTS[oracle.draw.act]?.(real, oracle) };
  }

  override get(sid: string, callback: Got): void {
    callbackify(() => this.#raw.load(sid))(callback);
  }

  override set(sid: string, data: SessionData, callback: Done = ignored): void {
    callbackify(() => this.#raw.save(sid, data))(callback);
  }

  override touch(sid: string, data: SessionData, callback: Done = ignored): void {
    callbackify(() => this.#raw.renew(sid, data))(callback);
  }

  override destroy(sid: string, callback: Done = ignored): void {
    callbackify(() => this.#raw.end(sid))(callback);
  }
}
