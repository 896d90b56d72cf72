/** Wraps the card store's session store, to make the random changes that bench/power/store.ts implements. */
import { callbackify, promisify } from 'node:util';
import type { SessionData, Store } from 'express-session';
import { type RedisAttributesOptions, RedisAttributesStore } from '../../app/stores/redis-attributes.ts';
import { copyOf, type Done, type Got } from '../../zoo/stores/stock.ts';
import type { Oracle } from './oracle.ts';
import { ignored, type Raw } from './replacement.ts';
import { STORE_ACTS } from './store.ts';

export class DrawnStore extends RedisAttributesStore {
  readonly #raw: Raw;
  readonly #oracle: Oracle;
  readonly #before = new WeakMap<object, SessionData>();

  constructor(options: RedisAttributesOptions, oracle: Oracle) {
    super(options);
    const real: Raw = {
      load: async sid => (await promisify(super.get.bind(this))(sid)) ?? null,
      save: (sid, data) => promisify<string, SessionData>(super.set.bind(this))(sid, data),
      renew: (sid, data) => promisify<string, SessionData>(super.touch.bind(this))(sid, data),
      end: sid => promisify<string>(super.destroy.bind(this))(sid),
      before: data => this.#before.get(data),
    };
    this.#oracle = oracle;
    this.#raw = { ...real, ...STORE_ACTS[oracle.draw.act]?.(real, oracle) };
  }

  override createSession(...[request, data]: Parameters<Store['createSession']>) {
    const created = super.createSession(request, data);
    this.#before.set(created, copyOf(created));
    return created;
  }

  override get(sid: string, callback: Got): void {
    callbackify(async () => {
      const data = await this.#raw.load(sid);
      this.#oracle.used(sid, data, 'loaded');
      return data;
    })(callback);
  }

  override set(sid: string, data: SessionData, callback: Done = ignored): void {
    this.#oracle.used(sid, data, 'saved');
    callbackify(() => this.#raw.save(sid, data))(callback);
  }

  override touch(sid: string, data: SessionData, callback: Done = ignored): void {
    callbackify(() => this.#raw.renew(sid, data))(callback);
  }

  override destroy(sid: string, callback: Done = ignored): void {
    callbackify(() => this.#raw.end(sid))(callback);
  }
}
