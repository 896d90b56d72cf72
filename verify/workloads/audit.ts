/** Workload audit: requests every page on every instance, and sends changed cookies and difficult texts. */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import { leave } from '../client/leave.ts';
import { staticFiles } from '../client/static-files.ts';
import type { Operation } from '../core/history/history.ts';
import { Forger } from './forger.ts';
import { collection, eachText, UNMEASURED } from './growth.ts';
import { aim, everywhere, inTurn, over, type Plan, type Workload } from './workload.ts';

const USUAL = ['/favicon.ico', '/robots.txt', '/healthz', '/health'];
const LINKED = 2;
/** Number of rounds on each instance. Three responses show whether one instance responds differently. */
const TIMES = 3;
/**
 * Minimum and maximum number of rounds with changed cookies. The rounds end when every instance has received a changed
 * cookie.
 */
const FORGED = { least: 4, most: 12 };

export const audit: Workload = {
  name: 'audit',
  does: 'opens every page on every instance, sends changed cookies, lets a session grow, writes texts that are hard to encode',
  feeds: ['cookie-policy', 'private-responses', 'forgery', 'instances-agree', 'read-your-writes'],
  run: async (context, plan) => {
    const parts = [looks, strangers, forges, grows, awkward];
    const sessions = new Map<(typeof parts)[number], number>([
      [strangers, 0],
      [forges, 2],
    ]);
    await inTurn(
      context,
      parts.length,
      parts.length,
      async (own, n) => parts[n]?.(own, plan),
      n => sessions.get(parts[n] ?? looks) ?? 1,
    );
  },
};

async function looks(context: Context): Promise<void> {
  const names = context.instances.names();
  let n = 0;
  for (const to of [...names, undefined]) {
    for (let i = 0; i < TIMES && !context.signal.aborted; i++) await look(context, n++, { to });
  }
}

async function look(context: Context, n: number, how: How): Promise<void> {
  const { signedIn, pages, probes } = context.target;
  const driver = Driver.of(context, n);
  if (!(await driver.enter(how))) return driver.end('refused');
  await driver.read(undefined, how);
  for (const probe of probes) await driver.read(probe, how);
  for (const page of pages) if (page !== signedIn.page) await driver.visit(page, how);
  await leave(context, driver, how);
}

async function strangers(context: Context): Promise<void> {
  const visitor = Driver.of(context, 90);
  const named = context.target.public;
  const paths = named.length > 0 ? named : [...USUAL, ...(await linkedFiles(context))];
  for (const path of paths) {
    await everywhere(context, how =>
      visitor.visit(path, { ...how, as: { client: context.connect(), with: 'none' } }),
    );
  }
  visitor.end('over');
}

async function linkedFiles({ target, connect, signal }: Context): Promise<string[]> {
  const { page } = target.login;
  const client = connect();
  const { body } = await client.send({ method: 'GET', path: page }, signal);
  const paths = staticFiles(body).flatMap(address => client.pathOf(address, page) ?? []);
  return paths.slice(0, LINKED);
}

/** Sends changed cookies of several sessions, because a sticky balancer pins each session to one instance. */
async function forges(context: Context, plan: Plan): Promise<void> {
  const tried = new Set<string>();
  const enough = (i: number): boolean =>
    i >= FORGED.least && context.instances.names().every(name => tried.has(name));
  for (let i = 0; i < FORGED.most && !enough(i) && !over(context, plan, i < FORGED.least); i++) {
    const pair = [Driver.of(context, 100 + 2 * i), Driver.of(context, 101 + 2 * i)] as const;
    const [one, other] = pair;
    let left: readonly Driver[] = pair;
    if ((await one.enter()) && (await other.enter())) {
      const elsewhere = await servedOutside(tried, pair);
      const done = (): boolean => over(context, plan, i < FORGED.least);
      if (elsewhere === other) left = await forge(context, done, [other, one], tried);
      else if (elsewhere === one || i < FORGED.least) left = await forge(context, done, pair, tried);
    }
    for (const driver of left) await leave(context, driver);
  }
}

async function servedOutside(
  tried: ReadonlySet<string>,
  drivers: readonly Driver[],
): Promise<Driver | undefined> {
  let found: Driver | undefined;
  for (const driver of drivers) {
    const { instance } = (await driver.read()).operation;
    if (instance !== undefined && !tried.has(instance)) found ??= driver;
  }
  return found;
}

/**
 * Sends the changed cookies of a session, and adds the reached instances to `tried`. Returns the sessions that are then
 * signed in.
 *
 * @param done returns true when no further request must begin
 */
async function forge(
  context: Context,
  done: () => boolean,
  [driver, other]: readonly [Driver, Driver],
  tried: Set<string>,
): Promise<Driver[]> {
  // Sends each changed cookie twice if the session reaches only one instance, as behind a sticky balancer.
  const names = await everywhere(context, async how => (await driver.read(undefined, how)).operation);
  const times = names.size === 1 ? 2 : 1;
  const forger = await Forger.of(context, driver);
  const kinds = forger.changes(other);
  for (let i = 0; i < kinds.length && !done() && !forger.over; i++) {
    const send = (how: How): Promise<Operation> =>
      forger.send(forger.changes(other)[i] ?? (kinds[i] as (typeof kinds)[number]), how);
    for (const instance of await everywhere(context, send, { names, times })) tried.add(instance);
  }
  return forger.over ? [other] : [forger.driver, other];
}

/**
 * Begins a later session of a user, because an app may handle it differently from the first. Begins the first session if
 * logins are limited or send mails. Returns undefined if the app refuses a login.
 */
async function returning(context: Context, n: number): Promise<Driver | undefined> {
  const first = Driver.of(context, n);
  if (!(await first.enter())) return refused(first);
  if (context.spacing !== undefined || context.mails !== undefined) return first;
  await everywhere(context, async how => (await first.read(undefined, how)).operation);
  await leave(context, first);
  const later = Driver.of(context, n + 1, first.account);
  return (await later.enter()) ? later : refused(later);
}

function refused(driver: Driver): undefined {
  driver.end('refused');
  return undefined;
}

async function grows(context: Context, plan: Plan): Promise<void> {
  const probe = collection(context.target);
  if (probe === undefined) return;
  const driver = await returning(context, 93);
  if (driver === undefined) return;
  await driver.read(probe);
  const added: { value: string; size: number }[] = [];
  const everyRead = async (): Promise<void> => {
    await everywhere(context, async how => (await driver.read(probe, how)).operation);
  };
  const add = async (size: number): Promise<boolean> => {
    if (over(context, plan)) return false;
    const { value, outcome } = await driver.write(probe, { size });
    if (value !== undefined) added.push({ value, size });
    return outcome === 'ok';
  };
  await eachText(context.growth ?? UNMEASURED, add, everyRead);
  await everyRead();
  const { remove } = probe;
  if (remove !== undefined) {
    for (const { value, size } of added.slice(-SHRINKS).reverse())
      if (!over(context, plan)) await driver.remove(probe, remove, value, { size });
    await everyRead();
  }
  await leave(context, driver);
}

/** Maximum number of texts to remove. The newest and longest texts are removed first. */
const SHRINKS = 30;
const AWKWARD = 3;

async function awkward(context: Context, plan: Plan): Promise<void> {
  const probe = collection(context.target);
  const texts = context.growth?.texts ?? [];
  if (probe === undefined || texts.length === 0 || over(context, plan)) return;
  const driver = Driver.of(context, 131);
  if (!(await driver.enter())) return driver.end('refused');
  await driver.read(probe);
  for (const [n, text] of texts.entries()) {
    for (let i = 0; i < (text.once ? 1 : AWKWARD) && !over(context, plan); i++) {
      await driver.write(probe, { text, to: aim(context, n + i) });
      await everywhere(context, async how => (await driver.read(probe, how)).operation);
    }
  }
  await leave(context, driver);
}
