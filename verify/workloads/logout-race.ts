/**
 * Workload logout-race: logs out while requests of the session are in flight, then replays the old cookie on every
 * instance. Also tests "log out everywhere".
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import { replayed } from '../client/leave.ts';
import { writable } from '../client/probes.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { Operation } from '../core/history/history.ts';
import type { Account } from '../target/load.ts';
import type { EndingSpec } from '../target/schema.ts';
import { DelaySearch } from './delay-search.ts';
import { everywhere, inTurn, lasted, over, type Workload } from './workload.ts';

/** Number of logouts. An error that occurs in one of ten logouts is then almost certainly found. */
const ROUNDS = 40;
/** Number of single logouts before the first logout of all a user's sessions. A slow machine may reach only these. */
const FIRST_ROUNDS = 12;
const AT_ONCE = 4;
const TOGETHER = 4;
const ALL_ROUNDS = 4;
const ALL_SESSIONS = 5;

interface LoggedOut {
  driver: Driver;
  old: SessionClient;
}

export const logoutRace: Workload = {
  name: 'logout-race',
  does: 'logs out while requests are in flight, then sends the old cookie to every instance',
  feeds: ['logout-final'],
  lacks: ({ logout }) => (logout === undefined ? '`logout`' : undefined),
  run: async (context, plan) => {
    const { logout, logoutEverywhere } = context.target;
    if (logout === undefined) return;
    const dead: LoggedOut[] = [];
    const delays = new DelaySearch();
    const races = (from: number, count: number): Promise<void> =>
      inTurn({ ...context, random: context.random.fork(`${from}`) }, count, AT_ONCE, async (own, n) => {
        if (!over(own, plan)) await round(own, from + n, logout, delays, dead);
      });
    await races(0, FIRST_ROUNDS);
    const most = Math.min(ALL_SESSIONS, context.target.sessions?.most ?? ALL_SESSIONS);
    const rounds = logoutEverywhere === undefined || most < 2 ? 0 : ALL_ROUNDS;
    for (let n = 0; n < rounds && logoutEverywhere !== undefined && !over(context, plan, n === 0); n++) {
      const taken = await context.seats?.takeAccount();
      const account = taken?.accounts[0] ?? context.account(ROUNDS + n);
      await allRound(context, n, { account, most, ending: logoutEverywhere }, dead);
      taken?.leave();
    }
    await races(FIRST_ROUNDS, ROUNDS - FIRST_ROUNDS);
    for (const { driver, old } of dead) {
      await everywhere(context, how => replayed(driver, old, how));
      driver.end('logout');
    }
  },
};

async function round(
  context: Context,
  n: number,
  logout: EndingSpec,
  delays: DelaySearch,
  dead: LoggedOut[],
): Promise<void> {
  const driver = Driver.of(context, n);
  if (!(await driver.enter())) return driver.end('refused');
  dead.push(await raceLogout(context, driver, { n, logout, delays }));
}

interface Race {
  /** Number of the logout in this workload. It decides which kinds of requests are in flight. */
  n: number;
  logout: EndingSpec;
  /** Finds the delay after which the app refuses concurrent requests of a session that logs out. */
  delays: DelaySearch;
}

/** Logs out while requests of the session are in flight, and replays the old cookie on every instance. */
export async function raceLogout(
  context: Context,
  driver: Driver,
  { n, logout, delays }: Race,
): Promise<LoggedOut> {
  // Makes the session known to every instance, because an instance may ignore the logout of an unknown session.
  let span = 1;
  await everywhere(context, async how => {
    const { operation } = await driver.read(context.target.probes[0], how);
    span = Math.max(span, lasted(operation));
    return operation;
  });
  const old = driver.replayer();
  const flying = inFlight(context, driver, n);
  // Slow requests need no barrier to overlap the logout: they are still in flight when the logout is sent.
  const barrier = new Barrier(flying.quick.length + 1);
  const part = (n % 8) / 8 + context.random.next() / 8;
  const slow = flying.slow.map(send => send({}));
  if (slow.length > 0) await new Barrier(1).place(part * 60).pass();
  const at = part * span;
  const offsets = flying.quick.map(() => delays.draw(context.random, [-at, span - at]));
  const quick = flying.quick.map((send, i) => send({ held: barrier.place(at + (offsets[i] ?? 0)) }));
  await driver.logout(logout, { held: barrier.place(at) });
  for (const [i, { signedIn, outcome }] of (await Promise.all(quick)).entries())
    if (outcome === 'ok' || signedIn === 'out') delays.saw(offsets[i] ?? 0, signedIn === 'out');
  await everywhere(context, how => replayed(driver, old, how));
  await Promise.all(slow);
  await everywhere(context, how => replayed(driver, old, how), { times: slow.length > 0 ? 2 : 1 });
  // Sends the cookie that a late response may have set after the logout, as a browser does.
  await driver.read(undefined, { labelled: true });
  if (logout.provider === true) await driver.enterAgain();
  return { driver, old };
}

type Sending = (how: How) => Promise<Operation>;

function inFlight(context: Context, driver: Driver, n: number): { quick: Sending[]; slow: Sending[] } {
  const { probes, slow } = context.target;
  const probe = writable(context.target);
  const read: Sending = async how => (await driver.read(undefined, how)).operation;
  const write: Sending = how => (probe === undefined ? read(how) : driver.write(probe, how));
  const kinds: { quick: Sending[]; slow: Sending[] }[] = [
    { quick: Array(TOGETHER).fill(write), slow: [] },
    { quick: Array(TOGETHER).fill(read), slow: [] },
    { quick: [write, read], slow: [] },
    { quick: [], slow: [] },
  ];
  const { read: slowRead, write: slowWrite } = slow ?? {};
  if (slowRead !== undefined) kinds.unshift({ quick: [], slow: [() => driver.visit(slowRead)] });
  if (slowWrite !== undefined) {
    const own = probes.find(({ object }) => object === slowWrite.object);
    const send = () => (own === undefined ? driver.touch(slowWrite) : driver.write(own, {}, slowWrite));
    kinds.unshift({ quick: [], slow: [send] });
  }
  return kinds[n % kinds.length] as (typeof kinds)[number];
}

/**
 * Logs in several sessions of a user at the same time, and logs out everywhere. In odd rounds, a session writes during
 * the logout.
 */
async function allRound(
  context: Context,
  n: number,
  { account, most, ending }: { account: Account; most: number; ending: EndingSpec },
  dead: LoggedOut[],
): Promise<void> {
  const barrier = new Barrier(most);
  const drivers = Array.from({ length: most }, (_, i) =>
    Driver.of(context, ROUNDS + n * ALL_SESSIONS + i, account),
  );
  const entered = await Promise.all(
    drivers.map(async driver => {
      await driver.form();
      const login = await driver.login({ held: barrier.place() });
      return login.outcome === 'ok';
    }),
  );
  const living = drivers.filter((_, i) => entered[i]);
  for (const [i, driver] of drivers.entries()) if (!entered[i]) driver.end('refused');
  for (const driver of living)
    await everywhere(context, async how => (await driver.read(undefined, how)).operation);
  const all = living.map(driver => ({ driver, old: driver.replayer() }));
  const [first, second] = living;
  if (first === undefined) return;
  const probe = writable(context.target);
  const writing =
    n % 2 === 1 && second !== undefined && probe !== undefined ? second.write(probe) : Promise.resolve();
  await first.logoutAll(ending);
  await writing;
  for (const { driver, old } of all) await everywhere(context, how => replayed(driver, old, how));
  dead.push(...all);
}
