/** Implements the random changes of a session store that defects.ts and healthy.ts list. */
import { SessionGoneError } from '../../app/stores/errors.ts';
import { copyOf } from '../../zoo/stores/stock.ts';
import { differ, type Loaded, owners, undoes, withoutItems, withoutOldest } from './contents.ts';
import { HEALTHY_STORES } from './healthy-stores.ts';
import { ignored, onLoad, onSave, type Replace } from './replacement.ts';

/** Milliseconds for which a reply of the store waits to be swapped with another reply. Longer than a read takes. */
const PARKED = 40;

/**
 * Swaps the replies of two reads of the store.
 * @param inFlight true: both reads must be in flight at the same time. False: the second may begin up to `PARKED` ms
 * later
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

const DEFECTIVE: Readonly<Record<string, Replace>> = {
  'drop-save': onSave(async (_sid, _data, _real, oracle) => oracle.harm('a save was dropped')),
  'slow-save': onSave(async (sid, data, real, oracle) => {
    // Copies the session, because the request may change it before this save.
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
  consume: onLoad(async (sid, data, real, oracle) => {
    const less = withoutOldest(data);
    if (less === undefined) return data;
    oracle.harm('a read removed a value');
    await real.save(sid, copyOf(less));
    return less;
  }),
  'lose-data': onSave(async (sid, data, real, oracle) => {
    await real.save(sid, data);
    setTimeout(async () => {
      const stored = await real.load(sid);
      const bare = stored && withoutItems(stored);
      if (!bare) return;
      oracle.harm('the data of a session was deleted');
      await real.save(sid, bare).catch(ignored);
    }, oracle.draw.ms);
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
        // Saves a copy, because the store refuses to save the session object of an ended session.
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
  'replica-lag': (real, oracle) => {
    const older = new Map<string, { data: Loaded; at: number }>();
    return {
      async save(sid, data) {
        const stored = await real.load(sid);
        await real.save(sid, data);
        if (differ(stored, data)) older.set(sid, { data: stored, at: Date.now() });
      },
      async load(sid) {
        const [data, old] = [await real.load(sid), older.get(sid)];
        const late = data !== null && old !== undefined && Date.now() - old.at <= oracle.draw.ms;
        if (!late || !oracle.strikes(sid, data)) return data;
        if (differ(data, old.data)) oracle.harm('the state before a save was returned');
        return old.data && copyOf(old.data);
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
  'swap-saves': (real, oracle) => {
    let last = '';
    return {
      async save(sid, data) {
        const other = last;
        if (data.user !== undefined) last = sid;
        const swaps = other !== '' && other !== sid && oracle.strikes(sid, data);
        if (!swaps || !differ(await real.load(sid), data)) return real.save(sid, data);
        oracle.harm('a session was saved with the key of another session');
        await real.save(other, copyOf(data));
      },
    };
  },
  'evict-other': (real, oracle) => {
    const known = new Map<string, string>();
    return {
      async save(sid, data) {
        await real.save(sid, data);
        if (data.user === undefined || known.has(sid)) return;
        known.set(sid, data.user);
        const [other] = [...known].find(([, user]) => user !== data.user) ?? [];
        if (other === undefined || !oracle.strikes(sid, data)) return;
        known.delete(other);
        if ((await real.load(other)) !== null) oracle.harm('the session of another user was deleted');
        await real.end(other);
      },
      async end(sid) {
        known.delete(sid);
        await real.end(sid);
      },
    };
  },
  shorten: (real, oracle) => {
    const expiring = new Map<string, NodeJS.Timeout>();
    const expired = new Set<string>();
    return {
      async load(sid) {
        const data = await real.load(sid);
        if (data === null && expired.delete(sid)) oracle.harm('a session had expired early');
        return data;
      },
      async renew(sid, data) {
        clearTimeout(expiring.get(sid));
        await real.renew(sid, data);
        if (data.user === undefined || !oracle.strikes(sid, data)) return;
        const expire = async (): Promise<void> => {
          if ((await real.load(sid)) === null) return;
          expired.add(sid);
          await real.end(sid);
        };
        expiring.set(
          sid,
          setTimeout(() => void expire().catch(ignored), oracle.draw.ms),
        );
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
};

/** Changes of a session store by name: defects and healthy variants. */
export const STORE_ACTS: Readonly<Record<string, Replace>> = { ...DEFECTIVE, ...HEALTHY_STORES };
