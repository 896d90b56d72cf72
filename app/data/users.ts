/** Who can sign in, and their balance. Any instance serves any user. */
import type { Redis, Result } from 'ioredis';
import { confirmed } from '../failures.ts';
import { hashPassword, isWeaker, type ScryptParameters, verifyPassword } from '../password.ts';
import { executed } from '../redis.ts';
import { userKey } from './keys.ts';

/** In credits, of a new user. */
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

// A user that exists, with its password and balance, is never overwritten, whoever tries at the same time.
const CREATE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'name', ARGV[1], 'password', ARGV[2], 'balance', ARGV[3])
return 1`;

// A password that another request has changed meanwhile stays.
const REPLACE_PASSWORD = `
if redis.call('HGET', KEYS[1], 'password') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'password', ARGV[2])
return 1`;

/** All methods throw StoreUnavailable if Redis does not confirm. */
export class Users {
  readonly #redis: Redis;
  readonly #parameters: ScryptParameters;
  readonly #placeholder: Promise<string>;

  /** `parameters`: for new password hashes. */
  constructor(redis: Redis, parameters: ScryptParameters) {
    this.#redis = redis;
    this.#parameters = parameters;
    this.#placeholder = hashPassword('no account has this password', parameters);
    redis.defineCommand('createShopUser', { numberOfKeys: 1, lua: CREATE });
    redis.defineCommand('replaceShopPassword', { numberOfKeys: 1, lua: REPLACE_PASSWORD });
  }

  /** False if the email address is taken. */
  async register(email: string, name: string, password: string): Promise<boolean> {
    const hash = await hashPassword(password, this.#parameters);
    return (await confirmed(this.#redis.createShopUser(userKey(email), name, hash, FIRST_BALANCE))) === 1;
  }

  /** Creates those that do not exist yet. */
  async createMissing(users: readonly NewUser[]): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const { email, name, passwordHash } of users) {
      pipeline.createShopUser(userKey(email), name, passwordHash, FIRST_BALANCE);
    }
    await executed(pipeline);
  }

  /**
   * True if the password is right; a hash with weaker parameters than the configured ones is then replaced.
   * Takes as long for an unknown address as for a wrong password, so that time does not show who has an account.
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
