/** Makes clients respect an app's limits on concurrent sessions and on logins of a user. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account, Target } from '../target/load.ts';

/** The seats of a client. A seat is the permission to have one session of an account. */
export interface Taken {
  accounts: readonly Account[];
  /** Returns the seats. Call this when the client's sessions have ended. */
  leave(): void;
}

interface Waiting {
  /** Returns an account for each requested seat; undefined if too few seats are free. */
  find(): Account[] | undefined;
  give(accounts: Account[]): void;
}

/**
 * Gives seats to clients, first come, first served. Gives a client all its seats at once, because clients with some
 * seats could wait for each other forever.
 */
export class Seats {
  readonly capacity: number;
  readonly #most: number;
  /** Key: account; value: number of its free seats. */
  readonly #free: Map<Account, number>;
  readonly #waiting: Waiting[] = [];

  constructor(accounts: readonly Account[], most: number) {
    this.#most = most;
    this.#free = new Map(accounts.map(account => [account, most]));
    this.capacity = accounts.length * most;
  }

  /** Waits for `count` seats, at most `capacity`, of different accounts if possible. */
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

  /** Waits for all seats of one account. */
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

/** Returns the seats of a target; undefined if the app does not limit the sessions of a user. */
export function seatsOf({ accounts, sessions }: Pick<Target, 'accounts' | 'sessions'>): Seats | undefined {
  const most = sessions?.logout === 'all' ? 1 : sessions?.most;
  return most === undefined ? undefined : new Seats(accounts, most);
}

/** Makes clients respect the minimum interval between two logins of an account. */
export class Spacing {
  readonly #every: number;
  /** Earliest time of the first login: one interval after the start, because an earlier run may have just logged in. */
  readonly #first: number;
  /**
   * Key: account; value: promise of the earliest time of its next login. It resolves when the last login has its
   * response.
   */
  readonly #next = new Map<Account, Promise<number>>();

  /** @param every minimum interval between two logins of an account, milliseconds */
  constructor(every: number) {
    this.#every = every;
    this.#first = performance.now() + every;
  }

  /**
   * Waits until the account can log in, or the run is aborted. Call the returned function when the login has its
   * response.
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
