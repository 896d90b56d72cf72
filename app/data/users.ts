/** Stores the users of the web shop and their balances in Redis. */
import type { Result } from 'ioredis';
import { confirmed } from '../failures.ts';
import { hashPassword, isWeaker, type ScryptParameters, verifyPassword } from '../password.ts';
import { executed, type RedisClient } from '../redis.ts';
import { userKey } from './keys.ts';

/** Balance of a new user, in credits. */
export const FIRST_BALANCE = 1000;

export interface User {
  readonly email: string;
  readonly name: string;
  /** Balance in credits; never negative. */
  readonly balance: number;
}

interface Pending {
  /** Random number in the user's activation link. */
  readonly nonce: string;
  /** Seconds until Redis removes a user who has not opened the activation link. */
  readonly seconds: number;
}

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    createShopUser(
      key: string,
      name: string,
      passwordHash: string,
      balance: number,
      nonce: string,
      seconds: number,
    ): Result<number, Context>;
    renewShopUser(key: string, seconds: number): Result<string | null, Context>;
    activateShopUser(key: string, nonce: string): Result<'activated' | 'used' | 'expired', Context>;
    replaceShopPassword(key: string, old: string, passwordHash: string): Result<number, Context>;
  }
}

// Lua script that creates a user, but keeps an existing one, so that concurrent registrations keep the first
// password. A user who is not yet active has a nonce and a time to live.
const CREATE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'name', ARGV[1], 'password', ARGV[2], 'balance', ARGV[3])
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[1], 'pending', ARGV[4])
  redis.call('EXPIRE', KEYS[1], ARGV[5])
end
return 1`;

// Lua script that extends the time for activation. An active user must have no time to live, because Redis would
// remove the user.
const RENEW = `
local nonce = redis.call('HGET', KEYS[1], 'pending')
if nonce then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return nonce`;

const ACTIVATE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 'expired' end
local nonce = redis.call('HGET', KEYS[1], 'pending')
if not nonce then return 'used' end
if nonce ~= ARGV[1] then return 'expired' end
redis.call('HDEL', KEYS[1], 'pending')
redis.call('PERSIST', KEYS[1])
return 'activated'`;

// Lua script that replaces a password hash, unless a concurrent request has changed the hash.
const REPLACE_PASSWORD = `
if redis.call('HGET', KEYS[1], 'password') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'password', ARGV[2])
return 1`;

/** Users of the web shop. All methods throw StoreUnavailable if Redis does not confirm a command. */
export class Users {
  readonly #redis: RedisClient;
  readonly #parameters: ScryptParameters;
  readonly #placeholder: Promise<string>;

  constructor(redis: RedisClient, parameters: ScryptParameters) {
    this.#redis = redis;
    this.#parameters = parameters;
    this.#placeholder = hashPassword('no account has this password', parameters);
    redis.defineCommand('createShopUser', { numberOfKeys: 1, lua: CREATE });
    redis.defineCommand('renewShopUser', { numberOfKeys: 1, lua: RENEW });
    redis.defineCommand('activateShopUser', { numberOfKeys: 1, lua: ACTIVATE });
    redis.defineCommand('replaceShopPassword', { numberOfKeys: 1, lua: REPLACE_PASSWORD });
  }

  /** Returns false if the email address is taken. A `pending` user must be activated before the first login. */
  async register(email: string, name: string, password: string, pending?: Pending): Promise<boolean> {
    const hash = await hashPassword(password, this.#parameters);
    const { nonce = '', seconds = 0 } = pending ?? {};
    const created = this.#redis.createShopUser(userKey(email), name, hash, FIRST_BALANCE, nonce, seconds);
    return (await confirmed(created)) === 1;
  }

  /**
   * Extends the time for activation. Returns the nonce of the activation link; null if no pending user has this
   * address.
   */
  renewPending(email: string, seconds: number): Promise<string | null> {
    return confirmed(this.#redis.renewShopUser(userKey(email), seconds));
  }

  /**
   * Activates a user. Returns `expired` if Redis has removed the user, or if a new registration has replaced the
   * link.
   */
  activate(email: string, nonce: string): Promise<'activated' | 'used' | 'expired'> {
    return confirmed(this.#redis.activateShopUser(userKey(email), nonce));
  }

  async isActive(email: string): Promise<boolean> {
    const [name, pending] = await confirmed(this.#redis.hmget(userKey(email), 'name', 'pending'));
    return name !== null && pending === null;
  }

  async createMissing(users: readonly NewUser[]): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const { email, name, passwordHash } of users) {
      pipeline.createShopUser(userKey(email), name, passwordHash, FIRST_BALANCE, '', 0);
    }
    await executed(pipeline);
  }

  /**
   * Returns whether the password is right, and replaces a weak hash. An unknown address takes as long as a wrong
   * password, so the response time does not reveal users.
   */
  async authenticate(email: string, password: string): Promise<boolean> {
    const hash = await confirmed(this.#redis.hget(userKey(email), 'password'));
    const matches = await verifyPassword(password, hash ?? (await this.#placeholder));
    if (!matches || hash === null) return false;
    if (isWeaker(hash, this.#parameters)) await this.#strengthen(email, hash, password);
    return true;
  }

  async #strengthen(email: string, old: string, password: string): Promise<void> {
    const hash = await hashPassword(password, this.#parameters);
    await confirmed(this.#redis.replaceShopPassword(userKey(email), old, hash));
  }

  async find(email: string): Promise<User | undefined> {
    const [name, balance] = await confirmed(this.#redis.hmget(userKey(email), 'name', 'balance'));
    return name && balance ? { email, name, balance: Number(balance) } : undefined;
  }
}
