import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import type { Defect } from '../entry.ts';
import { servePlain } from '../hosts/plain/serve.ts';
import type { Done, Got } from '../stores/stock.ts';

export const releaseRenamesSessionField: Defect = {
  kind: 'defect',
  name: 'release-renames-session-field',
  section: 'survival',
  broken:
    'The next version reads and writes the cart under another name, and ignores the old name. Sessions live through the deploy, but their carts are empty afterwards.',
  wild: 'A field of the session is renamed in a refactoring. Tables get a migration, sessions do not.',
  references: [
    'maxcountryman/flask-login#481',
    'woocommerce/woocommerce PR#62526',
    'laravel/framework#11663',
  ],
  remedy: 'Read both names, and write both until no instance of the old version runs.',
  needs: ['fault'],
  faults: 'rolling-deploy',
  next: { RELEASE: '2' },
  deployment: {
    host: 'plain',
    program: new URL(import.meta.url),
  },
  must: { guarantee: 'survival', anomaly: 'GONE' },
  mustNot: ['continuity', 'isolation', 'routing', 'evidence'],
};

declare module 'express-session' {
  interface SessionData {
    /** The cart in release 2 of the app. Release 1 calls this field `cart`. */
    basket?: string[];
  }
}

const { RELEASE, KEEPS_OLD } = process.env;

/** Stores the app's field `cart` as `basket`, as release 2 of the app does. */
class RenamingStore extends RedisStore {
  override async get(sid: string, callback?: Got): Promise<void> {
    const renamed: Got = (error, data) => callback?.(error, data && read(data));
    await super.get(sid, renamed);
  }

  override async set(sid: string, { cart, ...data }: SessionData, callback?: Done): Promise<void> {
    const written = { ...data, ...(cart && { basket: cart }), ...(cart && KEEPS_OLD === 'true' && { cart }) };
    await super.set(sid, written, callback);
  }
}

function read({ basket, cart, ...data }: SessionData): SessionData {
  const shown = KEEPS_OLD === 'true' ? (cart ?? basket) : basket;
  return { ...data, ...(shown && { cart: shown }) };
}

if (import.meta.main)
  servePlain(RELEASE === '2' ? { store: redis => new RenamingStore({ client: redis }) } : {});
