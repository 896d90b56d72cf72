/**
 * Measures before the load how long a text can be, and how much text a session can hold. Larger requests or responses
 * would make many balancers stop routing to an instance.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Growth } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { TEXTS, type Text } from '../client/texts.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Probe } from '../target/schema.ts';

/** Lengths of text to try, characters. */
const LENGTHS = [100, 400, 1_000, 4_000, 16_000, 64_000];
/**
 * Growth of the text in a session. `value`: length of each text; `total`: length of all texts; characters. The last two
 * stages exceed the size of a cookie, and a proxy's buffers.
 */
const STAGES = [
  { value: 100, total: 1_000 },
  { value: 400, total: 6_000 },
  { value: 1_600, total: 16_000 },
  { value: 4_000, total: 70_000 },
  { value: 64_000, total: 1_100_000 },
];
/** Total length above which a stage needs long texts, characters. */
const MANY = 100_000;
const SHORT = 40;
/** The limits to assume without a measurement: only short texts. */
export const UNMEASURED: Growth = { longest: 0, total: 2_000, refused: false };
const ADDS = 130;
/** The share of a measured limit that `audit` uses, because its requests may be a little larger. */
const WITHIN = 0.8;
const READ_EVERY = 10;
/** Number of tries for each text if clients cannot choose the instance. */
const TRIES = 2;
/**
 * `within`: maximum wait until the balancer routes to each instance again; `every`: interval of the tests;
 * milliseconds.
 */
const BACK = { within: 30_000, every: 250 };

/** Statuses for requests that are too large. A balancer sends 502 if a response header is too large. */
const TOO_LARGE = [413, 414, 431, 502];

const refusesSize = ({ status, body }: Reply): boolean =>
  status !== undefined &&
  (TOO_LARGE.includes(status) || (status === 400 && /header|cookie|too (large|long|big)/i.test(body)));

/**
 * Adds longer and longer texts to a session, within the given limits.
 *
 * @param add adds the n-th text, with this length in characters; returns false to stop
 * @param staged called after each stage
 */
export async function eachText(
  { longest, total: most }: Pick<Growth, 'longest' | 'total'>,
  add: (size: number, n: number) => Promise<boolean>,
  staged: () => Promise<void> = async () => {},
): Promise<void> {
  let [have, n] = [0, 0];
  for (const { value, total } of STAGES) {
    if (total > MANY && value > longest) return;
    const size = Math.max(SHORT, Math.min(value, longest));
    for (; have + size <= Math.min(total, most) && n < ADDS; n++, have += size)
      if (!(await add(size, n))) return;
    await staged();
    if (total > most || n >= ADDS) return;
  }
}

/** Returns a probe that can hold several texts of one session. */
export const collection = ({ probes }: Context['target']): Probe | undefined =>
  probes.find(
    ({ kind, scope, add }) =>
      add !== undefined && scope === 'session' && kind !== 'register' && kind !== 'counter',
  );

/**
 * Returns the number of short texts that surely fit in a session: half of the measured total, because apps add
 * separators and quotes.
 */
export const roomOf = (growth: Growth | undefined): number =>
  growth?.refused === true ? Math.floor(growth.total / (2 * SHORT)) : Number.POSITIVE_INFINITY;

/**
 * Measures how much text a session can hold. Returns undefined if no probe holds several texts, or logins or requests
 * are limited.
 */
export async function measureGrowth(context: Context): Promise<Growth | undefined> {
  const { target, spacing } = context;
  const probe = collection(target);
  if (probe === undefined || spacing !== undefined || target.limits?.requests !== undefined) return undefined;
  const measured = new Measurement(context, probe);
  const longest = probe.longest ?? (await measured.longest());
  const total = await measured.total(longest);
  const refused = measured.cause !== undefined;
  const texts = await measured.texts();
  if (measured.cause !== undefined) {
    await allBack(context);
    context.recorder.remark(
      `a session can hold no more than ${total} characters: ${measured.cause}. See whether ` +
        'a cookie holds the data of the session, or whether the header buffers of the balancer are too small',
    );
  }
  return { longest, total: refused ? Math.floor(total * WITHIN) : total, refused, texts };
}

class Measurement {
  readonly #context: Context;
  readonly #probe: Probe;
  #sessions = 0;
  cause: string | undefined;

  constructor(context: Context, probe: Probe) {
    this.#context = context;
    this.#probe = probe;
  }

  async longest(): Promise<number> {
    let longest = 0;
    for (const length of LENGTHS) {
      if (!(await this.#session(driver => this.#shows(driver, length)))) break;
      longest = length;
    }
    return longest;
  }

  async total(longest: number): Promise<number> {
    if (this.cause !== undefined) return 0;
    let total = 0;
    await this.#session(async driver => {
      await eachText({ longest, total: Number.POSITIVE_INFINITY }, async (size, n) => {
        const { status, refused } = await this.#write(driver, size, n);
        if (refused || status === undefined) return false;
        if (status >= 500 && (await this.#refusesMore(driver, size, status))) return false;
        // An error for another reason than a full session is no limit. `audit` sends the same text, and its responses
        // are judged.
        total += size;
        return status < 400;
      });
      return true;
    });
    return total;
  }

  /**
   * A status of 500 or more means a full session if each instance refuses one more text, but accepts a short text in a
   * new session. An example is Rails with a cookie that is too large.
   */
  async #refusesMore(driver: Driver, size: number, status: number): Promise<boolean> {
    for (const to of this.#ways()) {
      const { answer } = await driver.put(this.#probe, { size, to });
      if (answer.status === undefined || answer.status < 500) return false;
    }
    const small = await this.#session(async fresh => {
      await fresh.look(this.#probe.read.path);
      const { answer } = await fresh.put(this.#probe, {});
      return answer.status !== undefined && answer.status < 400;
    });
    if (small) this.cause = `with one more text of ${size} characters a request got status ${status}`;
    return small;
  }

  /** Returns the hardest text of each kind that at least one instance shows unchanged. */
  async texts(): Promise<Text[]> {
    const kept: Text[] = [];
    const cause = this.cause;
    this.cause = undefined;
    // A text that the app cannot store may break its session, so each kind gets a new session.
    for (const kind of TEXTS) {
      await this.#session(async driver => {
        for (const text of kind)
          for (const to of this.#ways())
            if ((await driver.trial(this.#probe, { text, to })).shown) return kept.push(text) > 0;
        return false;
      });
    }
    this.cause = cause;
    return kept;
  }

  #ways(): readonly (string | undefined)[] {
    const { instances } = this.#context;
    const chosen = instances.names().filter(name => instances.way(name) !== undefined);
    return chosen.length > 0 ? chosen : Array<undefined>(TRIES).fill(undefined);
  }

  async #session(act: (driver: Driver) => Promise<boolean>): Promise<boolean> {
    const { signal } = this.#context;
    if (signal.aborted || this.cause !== undefined) return false;
    const session = `growth-${++this.#sessions}`;
    const account = this.#context.account(0);
    const driver = new Driver(this.#context, { client: session, session, account });
    if (!(await driver.enter())) {
      driver.end('refused');
      return false;
    }
    const done = await act(driver);
    await leave(this.#context, driver);
    return done;
  }

  async #shows(driver: Driver, size: number): Promise<boolean> {
    for (const to of this.#ways()) {
      const { answer, shown } = await driver.trial(this.#probe, { size, to });
      if (this.#refused(answer, size)) return false;
      if (shown) return true;
    }
    return false;
  }

  async #write(
    driver: Driver,
    size: number,
    n: number,
  ): Promise<{ status: number | undefined; refused: boolean }> {
    if (n === 0) await driver.look(this.#probe.read.path);
    const { answer } = await driver.put(this.#probe, { size });
    const refused =
      this.#refused(answer, size) ||
      (n % READ_EVERY === 0 && this.#refused(await driver.look(this.#probe.read.path), size));
    return { status: answer.status, refused };
  }

  #refused(reply: Reply, size: number): boolean {
    if (!refusesSize(reply)) return false;
    this.cause = `with one more text of ${size} characters a request got status ${reply.status}`;
    return true;
  }
}

async function allBack({ instances, interpreter, connect, target, signal }: Context): Promise<void> {
  const missing = new Set(instances.names());
  const end = Date.now() + BACK.within;
  while (missing.size > 0 && !signal.aborted && Date.now() < end) {
    const reply = await connect().send({ method: 'GET', path: target.login.page }, signal);
    const { instance } = interpreter.named(reply) ?? {};
    if (instance !== undefined && missing.delete(instance)) continue;
    await sleep(BACK.every, undefined, { signal }).catch(() => undefined);
  }
}
