/**
 * hop: many sessions at once, each logs in once, then reads and writes one request after the other, wherever
 * the balancer sends it.
 *
 * What comes next is drawn for each request, so that no rhythm of ours beats with the round robin.
 */
import { type Context, Driver } from '../client/driver.ts';
import { accountOf, leave } from '../target/ready.ts';
import type { Probe } from '../target/schema.ts';
import type { Random } from './random.ts';

export interface HopOptions {
  /** How many sessions are driven at once. */
  sessions: number;
  /** How long, milliseconds. */
  duration: number;
}

/** A client whose session was lost logs in again this often, then gives up: the finding is made. */
const LOGINS_AGAIN = 2;
/** How many lost sessions are asked again, on which instances their cookie is still honoured. */
const REPLAYED = 5;
const REPLAYS = 6;
/** A session's state is kept about this large, so that pages stay small and removals are seen too. */
const ITEMS = 8;

export async function hop(context: Context, options: HopOptions): Promise<void> {
  const { clock } = context.recorder;
  const deadline = clock.now() + options.duration * 1000;
  const shared = {
    replayed: 0,
    over: () => context.signal.aborted || clock.now() >= deadline,
  };
  const clients = Array.from({ length: options.sessions }, (_, i) =>
    new HopClient(context, i + 1, shared).run(),
  );
  await Promise.all(clients);
}

class HopClient {
  readonly #context: Context;
  readonly #name: string;
  readonly #number: number;
  readonly #shared: { replayed: number; over(): boolean };
  readonly #random: Random;
  readonly #probe: Probe | undefined;

  constructor(context: Context, number: number, shared: { replayed: number; over(): boolean }) {
    this.#name = `c${number}`;
    this.#context = { ...context, random: context.random.fork(this.#name) };
    this.#random = this.#context.random;
    this.#number = number;
    this.#shared = shared;
    this.#probe = context.target.probes[0];
  }

  async run(): Promise<void> {
    for (let life = 0; life <= LOGINS_AGAIN; life++) {
      const session = life === 0 ? `s${this.#number}` : `s${this.#number}-${life + 1}`;
      const account = accountOf(this.#context, this.#number - 1);
      const driver = new Driver(this.#context, {
        client: this.#name,
        session,
        account,
      });
      if (!(await this.#login(driver))) driver.end('refused');
      else if (await this.#live(driver)) return;
      if (this.#shared.over()) return;
    }
  }

  async #login(driver: Driver): Promise<boolean> {
    await driver.form();
    return (await driver.login()).outcome === 'ok';
  }

  /** @returns whether the session lived until the end */
  async #live(driver: Driver): Promise<boolean> {
    const items: string[] = [];
    // As a browser does: the first page after the login, which carries the form token of the session.
    let alive = await this.#read(driver);
    while (!this.#shared.over()) {
      if (alive) {
        alive = await this.#step(driver, items);
        continue;
      }
      await this.#lost(driver);
      return false;
    }
    for (let i = 0; i < 2 && !this.#context.signal.aborted; i++) await driver.read(this.#probe);
    await leave(this.#context, driver);
    return true;
  }

  /** One request. @returns whether the session is still signed in, as far as it tells */
  async #step(driver: Driver, items: string[]): Promise<boolean> {
    const probe = this.#probe;
    const draw = this.#random.next();
    if (probe?.remove !== undefined && items.length > 0 && draw < (items.length >= ITEMS ? 0.2 : 0.05)) {
      const value = items.splice(this.#random.below(items.length), 1)[0] as string;
      return (await driver.remove(probe, probe.remove, value)).signedIn !== 'out';
    }
    const room = probe?.remove !== undefined ? items.length < 2 * ITEMS : items.length < 50;
    if (probe?.add !== undefined && draw < 0.25 && room) {
      const add = await driver.add(probe, probe.add);
      if (add.outcome === 'ok' && add.value !== undefined) items.push(add.value);
      return add.signedIn !== 'out';
    }
    return this.#read(driver);
  }

  async #read(driver: Driver): Promise<boolean> {
    const { operation } = await driver.read(this.#probe);
    return operation.signedIn !== 'out' && !foreign(operation.sawUser, operation.user);
  }

  /** Shows, for the first few lost sessions, what their cookie is still worth on each instance. */
  async #lost(driver: Driver): Promise<void> {
    if (this.#shared.replayed++ < REPLAYED) {
      for (let i = 0; i < REPLAYS && !this.#context.signal.aborted; i++) await driver.read(this.#probe);
    }
    driver.end('lost');
  }
}

const foreign = (sawUser: string | undefined, user: string): boolean =>
  sawUser !== undefined && sawUser !== user;
