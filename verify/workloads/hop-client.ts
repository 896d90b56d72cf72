/** One client of the workload `hop`: chooses the requests of its sessions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { stepAside } from '../client/bystander.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import { leave } from '../client/leave.ts';
import { writeOf } from '../client/probes.ts';
import type { Operation } from '../core/history/history.ts';
import { showsAnother } from '../core/timeline/sessions.ts';
import type { Random } from '../random.ts';
import type { Probe } from '../target/schema.ts';
import type { Arrivals } from './arrivals.ts';
import { HeldValues } from './hop-values.ts';
import type { OpenSession } from './undisturbed.ts';
import { BESIDE, everywhere } from './workload.ts';

/** Maximum number of logins after lost sessions. Then the client stops. */
const LOGINS_AGAIN = 2;
const REPLAYED = 5;
const REPLAYS = 6;
/** For this share of writes, the client follows the redirect without waiting for its body, as browsers do. */
const EARLY = 0.5;

/** Interval between two login attempts during faults, milliseconds. */
const LOGIN_AGAIN = 200;

/** The speed of the workload `hop`, which changes during the run. */
export interface Pace {
  /** Average pause before each request, milliseconds. */
  pause: number;
  /** True while faults are performed. Clients then do not choose the instance, because it may be down. */
  disturbed?: boolean;
}

/** What all clients of the workload share. */
export interface HopShared {
  clients: number;
  replayed: number;
  few: boolean;
  pace: Pace;
  over(): boolean;
  arrivals: Arrivals | undefined;
  /** Called when the app has accepted or refused the first login of a client. */
  entered(): void;
}

export class HopClient {
  readonly #context: Context;
  readonly #name: string;
  readonly #number: number;
  readonly #place: number;
  readonly #shared: HopShared;
  readonly #random: Random;
  /** Random numbers for pauses only. The number of pauses must not influence other random choices. */
  readonly #pauses: Random;
  readonly #values: HeldValues;
  /** True if the outcome of the last write is unknown. The client must then read before its next write. */
  #unsure = false;
  /** Planned start of the next action, microseconds on the run's clock; undefined without `--rate`. */
  #due: number | undefined;
  #open: Driver | undefined;
  /** True if the time of the load was over before the client could log in. */
  late = false;

  /** @param who number of the client in the run, and its index (`place`) in this worker thread */
  constructor(context: Context, { number, place }: { number: number; place: number }, shared: HopShared) {
    this.#name = `c${number + 1}`;
    this.#context = { ...context, random: context.random.fork(this.#name) };
    this.#random = this.#context.random;
    this.#pauses = this.#random.fork('pauses');
    this.#number = number;
    this.#place = place;
    this.#shared = shared;
    this.#values = new HeldValues(this.#context, shared.clients);
  }

  /** Drives sessions until the load is over. The last session stays logged in. */
  async run(): Promise<void> {
    for (let life = 0; life <= LOGINS_AGAIN; life++) {
      const session = `s${this.#number + 1}${life === 0 ? '' : `-${life + 1}`}`;
      const account = this.#context.account(this.#place);
      const driver = new Driver(this.#context, {
        client: this.#name,
        session,
        account,
      });
      const entered = await this.#enter(driver);
      if (life === 0) this.#shared.entered();
      if (entered === undefined) this.late = true;
      else if (!entered) driver.end('refused');
      else if (await this.#live(driver)) {
        this.#open = driver;
        return;
      }
      if (this.#shared.over()) return;
    }
  }

  /**
   * During faults, retries a login until the app accepts or refuses it. Returns undefined if the load is over before a
   * login.
   */
  async #enter(driver: Driver): Promise<boolean | undefined> {
    const late = (): boolean => this.#shared.over();
    for (;;) {
      await driver.form();
      const entered = await driver.loginUnless(late);
      if (entered === undefined) return undefined;
      const { outcome, signedIn } = entered;
      if (outcome === 'ok') return true;
      if (this.#shared.pace.disturbed !== true || signedIn === 'out' || this.#shared.over()) return false;
      await sleep(LOGIN_AGAIN);
    }
  }

  /** The session that was alive at the end of the load; undefined if the session was lost. */
  get open(): OpenSession | undefined {
    return this.#open && { driver: this.#open, values: this.#values };
  }

  /** Reads all objects in the session that is still signed in, and logs out. */
  async leave(): Promise<void> {
    const driver = this.#open;
    if (driver === undefined) return;
    for (let i = 0; i < 2 && !this.#context.signal.aborted; i++) {
      for (const probe of this.#probes()) await driver.read(probe);
    }
    if (this.#shared.pace.disturbed === true) {
      for (const probe of this.#probes())
        await everywhere(this.#context, async how => (await driver.read(probe, how)).operation);
    }
    await leave(this.#context, driver);
  }

  async #live(driver: Driver): Promise<boolean> {
    this.#values.clear();
    // Reads the first page after the login, because writes need its form token.
    let alive = await this.#read(driver, this.#probe());
    while (!this.#shared.over()) {
      if (alive) {
        if (this.#shared.arrivals !== undefined) {
          this.#due = await this.#shared.arrivals.take();
          if (this.#due === undefined) break;
        } else if (this.#shared.pace.pause > 0)
          await sleep(this.#shared.pace.pause * 2 * this.#pauses.next());
        // A second client's request keeps a round robin from routing this client always to the same instance.
        const aside = this.#shared.few && this.#pauses.next() < BESIDE && stepAside(this.#context);
        alive = await this.#step(driver);
        if (aside !== false) await aside;
        continue;
      }
      await this.#lost(driver);
      return false;
    }
    return true;
  }

  #probes(): readonly (Probe | undefined)[] {
    const { probes } = this.#context.target;
    return probes.length === 0 ? [undefined] : probes;
  }

  #probe(): Probe | undefined {
    const probes = this.#probes();
    return probes[this.#random.below(probes.length)];
  }

  /** Returns false if the response is signed out. */
  #step(driver: Driver): Promise<boolean> {
    const probe = this.#probe();
    const due = this.#due;
    if (probe === undefined || this.#unsure) return this.#read(driver, probe, { due });
    const draw = this.#random.next();
    const value = this.#values.toRemove(probe, draw);
    if (value !== undefined && probe.remove !== undefined)
      return driver.remove(probe, probe.remove, value, { due }).then(removed => this.#wrote(removed));
    if (writeOf(probe) === undefined || draw > this.#values.share(probe))
      return this.#read(driver, probe, { due });
    return this.#write(driver, probe);
  }

  async #write(driver: Driver, probe: Probe): Promise<boolean> {
    const early = this.#random.next() < EARLY;
    const names = early && !this.#shared.pace.disturbed ? this.#context.instances.names() : [];
    const to = names[this.#random.below(names.length)];
    const text = this.#values.text(probe);
    const add = await driver.write(probe, { early, to, text, due: this.#due });
    this.#values.wrote(probe, add, text, this.#shared.pace.disturbed === true);
    if (!this.#wrote(add)) return false;
    // If Baton has not waited for the body, reads on another instance at once: the head of the response acknowledges
    // the write.
    const other = names.find(name => name !== add.instance);
    return early && other !== undefined ? this.#read(driver, probe, { to: other }) : true;
  }

  /**
   * Remembers a write with an unknown outcome, so that a read comes before the next write. Many unknown outcomes would
   * give the checks too many possible orders.
   */
  #wrote({ outcome, signedIn }: Operation): boolean {
    this.#unsure = this.#shared.pace.disturbed === true && outcome === 'info';
    return signedIn !== 'out';
  }

  async #read(driver: Driver, probe: Probe | undefined, how: How = {}): Promise<boolean> {
    const { operation } = await driver.read(probe, how);
    if (operation.signedIn !== undefined) this.#unsure = false;
    return operation.signedIn !== 'out' && !showsAnother(operation);
  }

  /** Replays the cookies of the first lost sessions, to see which instances still accept them. */
  async #lost(driver: Driver): Promise<void> {
    if (this.#shared.replayed++ < REPLAYED) {
      for (let i = 0; i < REPLAYS && !this.#context.signal.aborted; i++)
        await driver.readAsHeld(this.#probe());
    }
    driver.end('lost');
  }
}
