/** Sends the changed cookies of a session, to test whether an instance accepts them. */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import type { Operation } from '../core/history/history.ts';
import { type Forgery, forgeries } from './forgeries.ts';

/** Maximum number of reads to see whether a session is signed in. An instance may not know the session. */
const LOOKS = 3;

interface Changed extends Forgery {
  name: string;
}

type Other = Pick<Driver, 'cookies'>;

/**
 * Sends changed cookies. An app may end a session whose cookies do not fit together. So if the session has several
 * cookies, `Forger` reads after each changed cookie, and logs in again if the session has ended.
 */
export class Forger {
  /** The present session. */
  driver: Driver;
  /** True if the app has ended the session and refused a further login. */
  over = false;
  readonly #context: Context;
  readonly #name: string;
  readonly #without: ReadonlyMap<string, string[]>;
  #renewals = 0;

  private constructor(context: Context, driver: Driver, without: ReadonlyMap<string, string[]>) {
    this.#context = context;
    this.#name = driver.session;
    this.#without = without;
    this.driver = driver;
  }

  /** @param driver a session that has logged in */
  static async of(context: Context, driver: Driver): Promise<Forger> {
    const forger = new Forger(context, driver, await leftOut(context, driver));
    await forger.#renew();
    return forger;
  }

  get #several(): boolean {
    return this.#context.interpreter.sessionCookies.length > 1;
  }

  /**
   * Returns changed values of each session cookie.
   *
   * @param other a second session; one value joins parts of both sessions' cookies
   */
  changes(other: Other): Changed[] {
    const { sessionCookies } = this.#context.interpreter;
    const own = this.driver.cookies().filter(({ name }) => sessionCookies.includes(name));
    return own.flatMap(({ name, value }) => {
      const theirs = other.cookies().find(cookie => cookie.name === name)?.value ?? '';
      return forgeries(value, theirs).map(forgery => ({ name, ...forgery }));
    });
  }

  async send({ name, change, forged }: Changed, how: How = {}): Promise<Operation> {
    const names = this.driver.cookies().map(cookie => cookie.name);
    // If the app has replaced the cookies by others, such as chunks by a whole, the others would sign in by themselves.
    const client = this.driver.copyJar((names.includes(name) ? this.#without.get(name) : undefined) ?? names);
    client.put(name, forged);
    const as = { client, with: 'forged' as const, change };
    const { operation } = await this.driver.read(undefined, { ...how, as });
    await this.#renew();
    return operation;
  }

  /** Sends all changed cookies except empty ones. Sends them at the same time, unless they can end the session. */
  async sendAll(other: Other, ended: () => boolean): Promise<void> {
    const all = (): Changed[] => this.changes(other).filter(({ forged }) => forged !== '');
    const first = all();
    if (!this.#several) await Promise.all(first.map(one => this.send(one)));
    else
      for (let i = 0; i < first.length && !this.over && !ended(); i++) {
        const one = all()[i];
        if (one !== undefined) await this.send(one);
      }
  }

  async #renew(): Promise<void> {
    const { signal } = this.#context;
    if (!this.#several || this.over || signal.aborted || (await this.#isIn())) return;
    this.driver.end('over');
    const session = `${this.#name}-${++this.#renewals}`;
    this.driver = new Driver(this.#context, { client: session, session, account: this.driver.account });
    this.over = !(await this.driver.enter());
    if (this.over) this.driver.end('refused');
  }

  async #isIn(): Promise<boolean> {
    const { target, interpreter } = this.#context;
    for (let i = 0; i < LOOKS; i++) {
      const reply = await this.driver.look(target.signedIn.page);
      if (interpreter.seen(reply, { action: 'read' }).signedIn === 'in') return true;
    }
    return false;
  }
}

/**
 * Returns, for each session cookie, the cookies that a request with the changed cookie must omit. For example, a
 * remember-me cookie would sign in the request.
 */
async function leftOut({ target, interpreter, signal }: Context, driver: Driver) {
  const names = driver.cookies().map(({ name }) => name);
  const found = new Map<string, string[]>();
  for (const name of names.filter(one => interpreter.sessionCookies.includes(one))) {
    const rest = driver.copyJar([name]);
    found.set(name, [name]);
    for (let i = 0; i < LOOKS && names.length > 1 && found.get(name) !== names && !signal.aborted; i++) {
      const reply = await rest.send({ method: 'GET', path: target.signedIn.page }, signal);
      if (interpreter.seen(reply, { action: 'read' }).signedIn === 'in') found.set(name, names);
    }
  }
  return found;
}
