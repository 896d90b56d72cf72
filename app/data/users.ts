/** Stores the users who can sign in, and their balances, in Redis. Every instance serves every user. */
import type { Redis, Result } from 'ioredis';
import { confirmed } from '../failures.ts';
import { hashPassword, isWeaker, type ScryptParameters, verifyPassword } from '../password.ts';
import { executed } from '../redis.ts';
import { userKey } from './keys.ts';

/** Balance of a new user, in credits. */
export const FIRST_BALANCE = 1000;

export interface User {
  readonly email: string;
  readonly name: string;
  /** In credits; never negative. */
  readonly balance: number;
}

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    createShopUser(key: string, name: string, passwordHash: string, balance: number): Result<number, Context>;
    replaceShopPassword(key: string, old: string, passwordHash: string): Result<number, Context>;
  }
}

// Never overwrites an existing user. So after concurrent registrations, the first password and balance remain.
const CREATE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'name', ARGV[1], 'password', ARGV[2], 'balance', ARGV[3])
return 1`;

// Replaces the hash only if no other request has changed it meanwhile.
const REPLACE_PASSWORD = `
if redis.call('HGET', KEYS[1], 'password') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'password', ARGV[2])
return 1`;

/** All methods throw StoreUnavailable if Redis does not confirm. */
export class Users {
  readonly #redis: Redis;
  readonly #parameters: ScryptParameters;
  readonly #placeholder: Promise<string>;

  /** @param parameters of new password hashes */
  constructor(redis: Redis, parameters: ScryptParameters) {
    this.#redis = redis;
    this.#parameters = parameters;
    this.#placeholder = hashPassword('no account has this password', parameters);
    redis.defineCommand('createShopUser', { numberOfKeys: 1, lua: CREATE });
    redis.defineCommand('replaceShopPassword', { numberOfKeys: 1, lua: REPLACE_PASSWORD });
  }

  /** Creates a user. Returns false if the email address is taken. */
  async register(email: string, name: string, password: string): Promise<boolean> {
    const hash = await hashPassword(password, this.#parameters);
    return (await confirmed(this.#redis.createShopUser(userKey(email), name, hash, FIRST_BALANCE))) === 1;
  }

  /** Creates the given users; skips users that exist. */
  async createMissing(users: readonly NewUser[]): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const { email, name, passwordHash } of users) {
      pipeline.createShopUser(userKey(email), name, passwordHash, FIRST_BALANCE);
    }
    await executed(pipeline);
  }

  /**
   * Returns whether the password is right. If so, replaces a hash whose parameters are weaker than the configured ones.
   * Takes as long for an unknown address as for a wrong password: the response time does not reveal which users exist.
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
