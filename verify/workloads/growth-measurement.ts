/**
 * Measures before the load how long a text can be, and how much text a session can hold. Texts beyond these limits can
 * make a balancer stop routing to an instance.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Growth } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { TEXTS, type Text } from '../client/texts.ts';
import { trialWrite } from '../client/trial-write.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Probe } from '../target/schema.ts';
import { collection, eachText } from './growth.ts';
import { inTurn } from './workload.ts';

/** Lengths of text to try, characters. */
const LENGTHS = [100, 400, 1_000, 4_000, 16_000, 64_000];
/** `audit` uses this share of a measured limit, because its requests may be a little larger than the measured ones. */
const WITHIN = 0.8;
const READ_EVERY = 10;
/** Number of texts to add concurrently if no cookie holds them. */
const AT_ONCE = 4;
const TRIES = 2;
/**
 * Milliseconds to wait until the balancer routes to each instance again. `within`: maximum wait; `every`: interval
 * between two attempts.
 */
const BACK = { within: 30_000, every: 250 };

/** Statuses of a balancer for a request or response header that is too large. */
const TOO_LARGE = [413, 414, 431, 502];

const refusesSize = ({ status, body }: Reply): boolean =>
  status !== undefined &&
  (TOO_LARGE.includes(status) || (status === 400 && /header|cookie|too (large|long|big)/i.test(body)));

/**
 * Measures how much text a session can hold. Returns undefined if no probe holds several texts, or if logins or
 * requests are limited.
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
    const { total, lost } = await this.#added(longest, AT_ONCE);
    if (!lost) return total;
    // The app has lost overlapping writes, so this total shows no limit. Measures again with one text at a time.
    this.cause = undefined;
    return (await this.#added(longest, 1)).total;
  }

  /**
   * Adds texts to a session until the app refuses one. Adds `atOnce` texts concurrently if no cookie holds them.
   *
   * @returns the total length of the texts, and whether the page lacks one of the texts
   */
  async #added(longest: number, atOnce: number): Promise<{ total: number; lost: boolean }> {
    const written: { value: string; size: number }[] = [];
    let lost = false;
    await this.#session(async driver => {
      const held = (): number => driver.cookies().reduce((sum, { value }) => sum + value.length, 0);
      const empty = held();
      const overlapping: Promise<boolean>[] = [];
      const add = async (size: number, n: number): Promise<boolean> => {
        const { value, status, refused } = await this.#write(driver, size, n);
        if (refused || status === undefined) return false;
        if (status >= 500 && (await this.#refusesMore(driver, size, status))) return false;
        // After an error for another reason than a full session, the text counts as stored. `audit` sends it later, and
        // the checks judge the response.
        written.push({ value, size });
        return status < 400;
      };
      const settled = async (): Promise<boolean> =>
        !(await Promise.all(overlapping.splice(0))).includes(false);
      const adding = async (size: number, n: number): Promise<boolean> => {
        // Adds one text at a time if a cookie holds the texts, because the next request must send the new cookie.
        if (n < READ_EVERY || held() > empty + size) return add(size, n);
        return overlapping.push(add(size, n)) < atOnce || settled();
      };
      await eachText(
        { longest, total: Number.POSITIVE_INFINITY },
        adding,
        async () => void (await settled()),
      );
      await settled();
      if (atOnce > 1) {
        const { body } = await driver.look(this.#probe.read.path);
        lost = written.some(({ value }) => !body.includes(value));
      }
      return true;
    });
    return { total: written.reduce((sum, { size }) => sum + size, 0), lost };
  }

  /**
   * Returns true if a status of 500 or more means a full session: each instance refuses one more text, but accepts a
   * short text in a new session. An example is Rails with a cookie that is too large.
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

  async texts(): Promise<Text[]> {
    const kept: (Text | undefined)[] = TEXTS.map(() => undefined);
    const cause = this.cause;
    this.cause = undefined;
    // Uses a new session for each kind of text, because a text that the app cannot store may break the session.
    await inTurn(this.#context, TEXTS.length, TEXTS.length, async (own, n) => {
      await this.#session(
        async driver => {
          for (const text of TEXTS[n] ?? [])
            for (const to of this.#ways())
              if ((await trialWrite(driver, this.#context, this.#probe, { text, to })).shown) {
                kept[n] = text;
                return true;
              }
          return false;
        },
        own,
        n,
      );
    });
    this.cause = cause;
    return kept.filter(text => text !== undefined);
  }

  #ways(): readonly (string | undefined)[] {
    const { instances } = this.#context;
    const chosen = instances.names().filter(name => instances.way(name) !== undefined);
    return chosen.length > 0 ? chosen : Array<undefined>(TRIES).fill(undefined);
  }

  async #session(
    act: (driver: Driver) => Promise<boolean>,
    context: Context = this.#context,
    n = 0,
  ): Promise<boolean> {
    if (context.signal.aborted || this.cause !== undefined) return false;
    const session = `growth-${++this.#sessions}`;
    const driver = new Driver(context, { client: session, session, account: context.account(n) });
    if (!(await driver.enter())) {
      driver.end('refused');
      return false;
    }
    const done = await act(driver);
    await leave(context, driver);
    return done;
  }

  async #shows(driver: Driver, size: number): Promise<boolean> {
    for (const to of this.#ways()) {
      const { answer, shown } = await trialWrite(driver, this.#context, this.#probe, { size, to });
      // Does not count status 413 as a full session, because the body of this one request is too large.
      if (answer.status === 413) return false;
      if (this.#refused(answer, size)) return false;
      if (shown) return true;
    }
    return false;
  }

  async #write(
    driver: Driver,
    size: number,
    n: number,
  ): Promise<{ value: string; status: number | undefined; refused: boolean }> {
    if (n === 0) await driver.look(this.#probe.read.path);
    const { value, answer } = await driver.put(this.#probe, { size });
    const refused =
      this.#refused(answer, size) ||
      (n % READ_EVERY === 0 && this.#refused(await driver.look(this.#probe.read.path), size));
    return { value, status: answer.status, refused };
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
