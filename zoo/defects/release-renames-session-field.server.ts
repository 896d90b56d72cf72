import { RedisStore } from 'connect-redis';
import type { SessionData } from 'express-session';
import { servePlain } from '../hosts/plain/serve.ts';
import type { Done, Got } from '../stores/stock.ts';

declare module 'express-session' {
  interface SessionData {
    /** The cart since release 2. */
    basket?: string[];
  }
}

const { RELEASE, KEEPS_OLD } = process.env;

/** Release 2 names the field `basket` that release 1 named `cart`. The rest of the app is the same. */
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

servePlain(RELEASE === '2' ? { store: redis => new RenamingStore({ client: redis }) } : {});
