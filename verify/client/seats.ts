/** Who may log in, and when: where an app allows a user only so much, no workload asks for more. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account, Target } from '../target/load.ts';

/** Sessions that somebody may have, each by the account that stands at its place. */
export interface Taken {
  accounts: readonly Account[];
  /** They have ended. */
  leave(): void;
}

interface Waiting {
  /** @returns what there is for it now; undefined when that does not suffice */
  find(): Account[] | undefined;
  give(accounts: Account[]): void;
}

/**
 * Gives out sessions of accounts. All that somebody needs at the same time is given at once, in the order in which it
 * was asked for: nobody holds one and waits for another.
 */
export class Seats {
  /** How many sessions there may be at the same time. */
  readonly capacity: number;
  readonly #most: number;
  /** So many more each account may have. */
  readonly #free: Map<Account, number>;
  readonly #waiting: Waiting[] = [];

  /** @param most sessions of one account at the same time */
  constructor(accounts: readonly Account[], most: number) {
    this.#most = most;
    this.#free = new Map(accounts.map(account => [account, most]));
    this.capacity = accounts.length * most;
  }

  /** @returns seats of so many sessions, `capacity` at the most, of different accounts as far as there are some */
  take(count: number): Promise<Taken> {
    return this.#take(() => {
      const free = new Map(this.#free);
      const found: Account[] = [];
      while (found.length < count) {
        const [account, left = 0] = [...free].toSorted(([, a], [, b]) => b - a)[0] ?? [];
        if (account === undefined || left === 0) return undefined;
        free.set(account, left - 1);
        found.push(account);
      }
      return found;
    });
  }

  /** @returns all seats of one account */
  takeAccount(): Promise<Taken> {
    return this.#take(() => {
      const account = [...this.#free].find(([, left]) => left === this.#most)?.[0];
      return account === undefined ? undefined : Array(this.#most).fill(account);
    });
  }

  async #take(find: Waiting['find']): Promise<Taken> {
    const accounts = await new Promise<Account[]>(give => {
      this.#waiting.push({ find, give });
      this.#serve();
    });
    const leave = (): void => {
      for (const account of accounts) this.#add(account, 1);
      this.#serve();
    };
    return { accounts, leave };
  }

  #serve(): void {
    for (;;) {
      const [first] = this.#waiting;
      const found = first?.find();
      if (first === undefined || found === undefined) return;
      this.#waiting.shift();
      for (const account of found) this.#add(account, -1);
      first.give(found);
    }
  }

  #add(account: Account, more: number): void {
    this.#free.set(account, (this.#free.get(account) ?? 0) + more);
  }
}

/** @returns undefined where the app sets no limit */
export function seatsOf({ accounts, sessions }: Pick<Target, 'accounts' | 'sessions'>): Seats | undefined {
  const most = sessions?.logout === 'all' ? 1 : sessions?.most;
  return most === undefined ? undefined : new Seats(accounts, most);
}

/** Keeps the logins of each account so far apart as the app wants them. */
export class Spacing {
  readonly #every: number;
  /** Whoever ran before may have logged in just now. */
  readonly #first: number;
  /** When the next may come, once the last has been answered. */
  readonly #next = new Map<Account, Promise<number>>();

  /** @param every milliseconds */
  constructor(every: number) {
    this.#every = every;
    this.#first = performance.now() + every;
  }

  /**
   * Waits until the account may log in again; where the run is aborted, it may at once.
   *
   * @returns what is to be called when the login has been answered
   */
  async turn(account: Account, signal: AbortSignal): Promise<() => void> {
    const before = this.#next.get(account);
    const answered = Promise.withResolvers<number>();
    this.#next.set(account, answered.promise);
    const left = ((await before) ?? this.#first) - performance.now();
    if (left > 0) await sleep(left, undefined, { signal }).catch(() => {});
    return () => answered.resolve(performance.now() + this.#every);
  }
}
