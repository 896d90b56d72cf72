/**
 * Limits logins and registrations by counts in Redis, which all instances share. A login counts as failed until it
 * succeeds, so parallel guesses cannot exceed the limit. An address without failures is never refused, so an attacker
 * cannot lock a user out.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { confirmed } from './failures.ts';
import type { RedisClient } from './redis.ts';

const MINUTE = 60;

/** Maximum numbers of failed logins within `LOGIN_WINDOW_MINUTES`. */
export const FAILED_LOGINS = {
  /** Failed logins from one address, over all accounts. */
  address: 50,
  /** Failed logins from one address to one account. */
  account: 10,
  /** Failed logins from one address to an account that is under attack. */
  accountUnderAttack: 3,
  /** Failed logins to one account from all addresses, above which the account is under attack. */
  attack: 50,
};
export const LOGIN_WINDOW_MINUTES = 15;

/** Maximum number of registrations from one address within `REGISTRATION_WINDOW_MINUTES`. */
export const REGISTRATIONS = 20;
export const REGISTRATION_WINDOW_MINUTES = 60;

/**
 * Maximum number of repeated activation mails within `REGISTRATION_WINDOW_MINUTES`, both for one account and for one
 * address.
 */
export const MAILS = 5;

/**
 * Counts logins and registrations by client. `address` is the client's IP address. All methods throw StoreUnavailable
 * if Redis does not confirm a command.
 */
export interface LoginLimits {
  /** Counts a login before its password is checked. Resolves with the seconds that the client must wait; 0 if none. */
  countLogin(address: string, email: string): Promise<number>;
  /** Uncounts a successful login, and resets the failures of this address for this account. */
  forgiveLogin(address: string, email: string): Promise<void>;
  /** Uncounts a login whose password was not checked. */
  withdrawLogin(address: string, email: string): Promise<void>;
  /** Counts a registration. Resolves with the seconds that the client must wait; 0 if none. */
  countRegistration(address: string): Promise<number>;
  /** Counts a repeated activation mail. Resolves with the seconds that the client must wait; 0 if none. */
  countMail(address: string, email: string): Promise<number>;
}

export const NO_LIMITS: LoginLimits = {
  countLogin: () => Promise.resolve(0),
  forgiveLogin: () => Promise.resolve(),
  withdrawLogin: () => Promise.resolve(),
  countRegistration: () => Promise.resolve(0),
  countMail: () => Promise.resolve(0),
};

export class SharedLoginLimits implements LoginLimits {
  readonly #byAddress: Counter;
  readonly #byAccount: Counter;
  readonly #byBoth: Counter;
  readonly #registrations: Counter;
  readonly #mails: Counter;

  constructor(redis: RedisClient) {
    const login = (name: string, points: number) =>
      new Counter(redis, `login:${name}`, points, LOGIN_WINDOW_MINUTES);
    this.#byAddress = login('address', FAILED_LOGINS.address);
    this.#byAccount = login('account', FAILED_LOGINS.attack);
    this.#byBoth = login('both', FAILED_LOGINS.account);
    this.#registrations = new Counter(redis, 'register', REGISTRATIONS, REGISTRATION_WINDOW_MINUTES);
    this.#mails = new Counter(redis, 'mail', MAILS, REGISTRATION_WINDOW_MINUTES);
  }

  async countLogin(address: string, email: string): Promise<number> {
    const network = networkOf(address);
    const ofAddress = await this.#byAddress.add(network);
    if (ofAddress.consumedPoints > FAILED_LOGINS.address) return secondsOf(ofAddress);
    const [ofAccount, ofBoth] = await Promise.all([
      this.#byAccount.add(email),
      this.#byBoth.add(`${network} ${email}`),
    ]);
    const attacked = ofAccount.consumedPoints > FAILED_LOGINS.attack;
    const most = attacked ? FAILED_LOGINS.accountUnderAttack : FAILED_LOGINS.account;
    return ofBoth.consumedPoints > most ? secondsOf(ofBoth) : 0;
  }

  async forgiveLogin(address: string, email: string): Promise<void> {
    await this.withdrawLogin(address, email);
    await this.#byBoth.reset(`${networkOf(address)} ${email}`);
  }

  async withdrawLogin(address: string, email: string): Promise<void> {
    const network = networkOf(address);
    await Promise.all([
      this.#byAddress.takeOff(network),
      this.#byAccount.takeOff(email),
      this.#byBoth.takeOff(`${network} ${email}`),
    ]);
  }

  async countRegistration(address: string): Promise<number> {
    const counted = await this.#registrations.add(networkOf(address));
    return counted.consumedPoints > REGISTRATIONS ? secondsOf(counted) : 0;
  }

  async countMail(address: string, email: string): Promise<number> {
    const counted = await Promise.all([networkOf(address), email].map(key => this.#mails.add(key)));
    const most = counted.find(({ consumedPoints }) => consumedPoints > MAILS);
    return most === undefined ? 0 : secondsOf(most);
  }
}

/** Counts events by key. The time window of a key begins with its first event. */
class Counter {
  readonly #limiter: RateLimiterRedis;

  constructor(redis: RedisClient, name: string, points: number, minutes: number) {
    this.#limiter = new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: `baton:limit:${name}`,
      points,
      duration: minutes * MINUTE,
    });
  }

  add(key: string): Promise<RateLimiterRes> {
    return confirmed(this.#limiter.penalty(key));
  }

  async takeOff(key: string): Promise<void> {
    await confirmed(this.#limiter.reward(key));
  }

  async reset(key: string): Promise<void> {
    await confirmed(this.#limiter.delete(key));
  }
}

function secondsOf({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1000));
}

/** Returns the network of one internet subscriber: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%');
  const mapped = /^::ffff:([\d.]+)$/i.exec(plain)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(plain)) return plain;
  // Replaces the last 32 bits if they are written with dots, as in ::ffff:1.2.3.4. They are not part of the network.
  const [head = '', tail] = plain.replace(/[\d.]+\.[\d.]+$/, '0:0').split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return `${all
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
