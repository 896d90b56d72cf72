/** Implements the random changes of a session store that draw.ts lists: defects, and odd but correct changes. */
import type { SessionData } from 'express-session';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { copyOf } from '../../zoo/stores/stock.ts';
import { differ, type Loaded, owners, undoes, withoutOldest } from './contents.ts';
import type { Oracle } from './oracle.ts';

export interface Raw {
  load(sid: string): Promise<Loaded>;
  save(sid: string, data: SessionData): Promise<void>;
  renew(sid: string, data: SessionData): Promise<void>;
  end(sid: string): Promise<void>;
  /** Returns the session as the current request loaded it; undefined for a new session. */
  before(data: SessionData): SessionData | undefined;
}

/** Creates the changed methods of a session store, which replace those of the correct store `real`. */
type Replace = (real: Raw, oracle: Oracle) => Partial<Raw>;

const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
export const ignored = (): void => {};

/** Makes `load` return the result of `strike` in requests that the oracle (oracle.ts) selects. */
const onLoad =
  (strike: (sid: string, data: SessionData, real: Raw, oracle: Oracle) => Promise<Loaded>): Replace =>
  (real, oracle) => ({
    async load(sid) {
      const data = await real.load(sid);
      return data && oracle.strikes(sid, data) ? strike(sid, data, real, oracle) : data;
    },
  });

/** Makes `save` call `strike` in requests that the oracle (oracle.ts) selects and that change the session. */
const onSave =
  (strike: (sid: string, data: SessionData, real: Raw, oracle: Oracle) => Promise<void>): Replace =>
  (real, oracle) => ({
    async save(sid, data) {
      if (!oracle.strikes(sid, data) || !differ(await real.load(sid), data)) return real.save(sid, data);
      return strike(sid, data, real, oracle);
    },
  });

/** Time for which a reply of the store waits to be given to a later read, ms: longer than a read takes. */
const PARKED = 40;

/**
 * Swaps the replies of two reads of the store.
 * @param inFlight true: a reply is swapped only with that of a read in flight, by a delay of 1 ms. False: also with
 *   that of a read that begins within `PARKED` ms
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
    // The request can change the session before this save takes effect.
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
  'save-whole': onSave(async (sid, data, real, oracle) => {
    const [stored, before] = [await real.load(sid), real.before(data)];
    if (stored === null || before === undefined) return real.save(sid, data);
    if (undoes(data, before, stored)) oracle.harm('a concurrent change was undone');
    for (const name of Object.keys(stored)) if (!(name in data)) Reflect.deleteProperty(stored, name);
    await real.save(sid, Object.assign(stored, data));
  }),
  'save-ended': (real, oracle) => ({
    async save(sid, data) {
      try {
        await real.save(sid, data);
      } catch (error) {
        if (!(error instanceof SessionGoneError) || !oracle.strikes(sid, data)) throw error;
        oracle.harm('a deleted session was saved');
        // The store would create again a session object that it has not loaded.
        await real.save(sid, copyOf(data));
      }
    },
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
