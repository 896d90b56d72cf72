/**
 * age: drives sessions that live as long as the load. Some sessions are busy. Some rest, each time for longer. Some
 * stay on one instance, each time for longer, and then visit the other instances. Some send changed cookies. The
 * sessions log out one after the other, so that sessions of every age send overlapping requests and log out. In
 * addition, short sessions log in and out all the time (visits.ts).
 */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { writable, writeOf } from '../client/probes.ts';
import type { Operation } from '../core/history/history.ts';
import type { Target } from '../target/load.ts';
import type { Probe } from '../target/schema.ts';
import { changed } from './audit.ts';
import { besideSlow, MOST, type Racer, TOGETHER, together } from './burst.ts';
import { Edge } from './edge.ts';
import { raceLogout } from './logout-race.ts';
import { visits } from './visits.ts';
import { aim, everywhere, inTurn, over, pause, replayed, type Workload } from './workload.ts';

/** Number of sessions of each kind. */
const EACH = 5;
/**
 * Number of bursts in the life of the oldest busy session. Also the number of rests, and the number of stays on one
 * instance.
 */
const TIMES = 14;
/**
 * Shortest rest and shortest stay on one instance, milliseconds. Each rest or stay is `LONGER` times as long
 * as the rest or stay before it.
 */
const SHORTEST = 200;
const LONGER = 1.5;
/** Number of stays that are longer than the idle timeout. `OUTLIVES`: the length of such a stay, in idle timeouts. */
const LONG_STAYS = 2;
const OUTLIVES = 1.2;
/** One of this number of bursts has slow requests. */
const SLOW_EACH = 3;
/** Pause between the requests of a session that stays on one instance, milliseconds. */
const OFTEN = 150;
/** Pause between two rounds of changed cookies of a session, milliseconds. The cookies of a round are sent together. */
const FORGED_EVERY = 80;
/** Pause between two pairs of overlapping reads of a busy session, milliseconds. */
const PAIRS_EVERY = 120;
/** A session rests or lives at most this share of a declared timeout, so that it does not expire. */
const ALIVE = 0.6;

/** The kinds of sessions. Sessions take these kinds in turn. */
const HABITS = [busy, rests, stays, forges];

export const age: Workload = {
  name: 'age',
  does: 'uses sessions of every age up to the length of the load: busy, at rest, and long on one instance; then logs out',
  feeds: [
    'continuity',
    'read-your-writes',
    'monotonic-reads',
    'no-lost-updates',
    'logout-final',
    'forgery',
    'cookie-policy',
  ],
  run: async (context, plan) => {
    const { clock } = context.recorder;
    const life = Math.min(((plan.loadEnds ?? 0) - clock.now()) / 1000, lifeOf(context.target) * ALIVE);
    // Does nothing if the app limits the sessions of a user, because the other workloads would wait for these long
    // sessions.
    if (life <= 0 || context.seats !== undefined) return;
    const shared: Shared = { overlapped: 0, edge: new Edge(), logouts: new Edge(), logins: [] };
    const dead: (() => Promise<void>)[] = [];
    const all = EACH * HABITS.length;
    const start = clock.now();
    const endedAt = (until: number) => (): boolean =>
      over(context, { ...plan, deadline: Math.min(plan.deadline, until) });
    const living = inTurn(context, all, all, async (own, n) => {
      const session = await begun(own, n, shared);
      if (session === undefined) return;
      const until = clock.now() + (life * 1000 * (n + 1)) / all;
      await HABITS[n % HABITS.length]?.(session, { every: life / TIMES, until, ended: endedAt(until) });
      dead.push(await loggedOut(session, n));
    });
    await Promise.all([living, visits(context, all, endedAt(start + life * 1000))]);
    for (const last of dead) await last();
  },
};

/** Returns the time that a session in use lives, milliseconds. */
function lifeOf({ expiry }: Target): number {
  const { idle = Number.POSITIVE_INFINITY, absolute = Number.POSITIVE_INFINITY, renew } = expiry ?? {};
  return renew === 'never' ? Math.min(idle, absolute) : absolute;
}

/** Returns the idle timeout, milliseconds. */
const idleOf = ({ expiry }: Target): number => expiry?.idle ?? Number.POSITIVE_INFINITY;

interface Shared {
  overlapped: number;
  /** The offset that separates reads that show a racing write from reads that do not. */
  edge: Edge;
  /** The offset that separates requests before a logout from requests that are refused because of the logout. */
  logouts: Edge;
  /** The cookies of each session after its login. */
  logins: (Pick<Driver, 'cookies'> & { driver: Driver })[];
}

interface Pace {
  /** Interval between two bursts, milliseconds. */
  every: number;
  /** Time at which the session logs out, microseconds on the run's clock. */
  until: number;
  ended(): boolean;
}

/** A session, and the object that it writes. `probe` is undefined if the target has no such object. */
interface Session extends Omit<Racer, 'probe'> {
  shared: Shared;
  probe: Probe | undefined;
  /** Number of values that the session has written. */
  written: number;
}

async function begun(context: Context, n: number, shared: Shared): Promise<Session | undefined> {
  const driver = Driver.of(context, n);
  if (!(await driver.enter())) {
    driver.end('refused');
    return undefined;
  }
  const cookies = driver.cookies();
  shared.logins.push({ driver, cookies: () => cookies });
  const { probes } = context.target;
  const written = probes.filter(one => writeOf(one) !== undefined && one.scope !== 'all');
  // The sessions of each kind (HABITS) use the probes in turn: the first session the first probe, and so on.
  const probe = written[Math.floor(n / HABITS.length) % written.length] ?? writable(context.target);
  await everywhere(context, async how => (await driver.read(probe, how)).operation);
  return { context, driver, probe, other: undefined, shared, written: 0 };
}

/** Logs out while requests are in flight. Returns a function that sends the old cookie again at the end of the run. */
async function loggedOut({ context, driver, shared }: Session, n: number): Promise<() => Promise<void>> {
  const { logout } = context.target;
  if (logout === undefined || context.signal.aborted) {
    await leave(context, driver);
    return async () => {};
  }
  const { old } = await raceLogout(context, driver, { n, logout, edge: shared.logouts });
  return async () => {
    await everywhere(context, how => replayed(driver, old, how));
    driver.end('logout');
  };
}

/** Returns whether the session may write `count` more values. */
const room = ({ probe, written }: Session, count: number): boolean =>
  probe !== undefined && written + count <= Math.min(probe.cap ?? MOST, MOST);

/**
 * Sends overlapping requests repeatedly: quick requests alone, and quick requests while a slow request is in
 * flight. Between these bursts, it sends pairs of reads.
 */
async function busy(session: Session, { every, ended }: Pace): Promise<void> {
  const { probe, context } = session;
  const { slow } = context.target;
  const longest = idleOf(context.target) * ALIVE;
  for (let i = 0; !ended(); i++) {
    await readsInPairs(session, Math.min(every * (0.5 + session.context.random.next()), longest), ended);
    const kinds = i % 2 === 0 ? (['write', 'read', 'write'] as const) : (['write', 'write'] as const);
    if (probe !== undefined && slow !== undefined && i % SLOW_EACH === 1 && room(session, TOGETHER + 2)) {
      await besideSlow({ ...session, probe }, i, session.context.random.next());
      session.written += TOGETHER + 2;
    } else if (probe !== undefined && room(session, kinds.length)) {
      await together({ ...session, probe }, kinds, 20);
      session.written += kinds.length;
    } else await everywhere(session.context, async how => (await session.driver.read(probe, how)).operation);
  }
}

/**
 * Sends two reads at the same time, repeatedly. Sends two of three pairs directly to one instance, because a balancer
 * that takes the instances in turn would divide each pair.
 */
async function readsInPairs({ context, driver, probe }: Session, length: number, ended: () => boolean) {
  const { clock } = context.recorder;
  const end = clock.now() + length * 1000;
  for (let i = 0; clock.now() < end && !ended(); i++) {
    // The index counts the earlier pairs to one instance (0, 1, 2, …), so that no instance is left out.
    const to = i % 3 === 0 ? undefined : aim(context, Math.floor((i * 2) / 3));
    await Promise.all([driver.read(probe, { to }), driver.read(undefined, { to })]);
    await pause(context, Math.min((end - clock.now()) / 1000, PAIRS_EVERY));
  }
}

/**
 * Writes on one instance, and reads on every instance after a rest. Each rest is longer than the rest before
 * it.
 */
async function rests(session: Session, { ended }: Pace): Promise<void> {
  const { context, driver, probe } = session;
  const longest = idleOf(context.target) * ALIVE;
  for (let rest = SHORTEST, i = 0; !ended(); rest = Math.min(rest * LONGER, longest), i++) {
    await uses(session, aim(context, i));
    for (let left = rest; left > 0 && !ended(); left -= SHORTEST)
      await pause(context, Math.min(left, SHORTEST));
    // The first request after the rest is a write, a read, or both at once.
    if (probe !== undefined && i % 2 === 1 && room(session, 1))
      await together({ ...session, probe }, ['write', 'read'], 5);
    await everywhere(context, async how => (await driver.read(probe, how)).operation);
  }
}

/**
 * Stays on one instance for some time, reads on every instance, and then stays on the next instance. If there is
 * time, the first stays are longer than the idle timeout. After its first request, such a stay only reads, because a
 * write may renew the session more than a read does. Each later stay is longer than the stay before it.
 */
async function stays(session: Session, { until, ended }: Pace): Promise<void> {
  const { context, driver, probe } = session;
  const { clock } = context.recorder;
  const long = idleOf(context.target) * OUTLIVES;
  let next = SHORTEST;
  for (let i = 0; !ended(); i++) {
    const outlives = i < LONG_STAYS && clock.now() + long * 1000 < until;
    const stay = outlives ? long : next;
    if (!outlives) next *= LONGER;
    const end = clock.now() + stay * 1000;
    for (let k = 0; clock.now() < end && !ended(); k++) {
      if (outlives ? k === 0 : k % 4 === 0) await uses(session, aim(context, i));
      else await driver.read(probe, { to: aim(context, i) });
      await pause(context, OFTEN);
    }
    await everywhere(context, async how => (await driver.read(probe, how)).operation);
  }
}

/**
 * Sends changed cookies through the balancer as long as the session lives, because an instance may accept a changed
 * cookie only once in many requests. Does not send an emptied cookie, which no instance can accept; `audit` sends
 * one. Does not change the part of a cookie that names the instance: the cookies of another session show which part
 * that is.
 */
async function forges({ context, driver, shared }: Session, { ended }: Pace): Promise<void> {
  for (let i = 0; !ended(); i++) {
    const other = shared.logins.find(login => login.driver !== driver);
    const all = other === undefined ? [] : changed(context, driver, other);
    const forgeries = all.filter(({ forged }) => forged !== '');
    // These requests do not depend on each other, so they are sent together.
    await Promise.all(
      forgeries.map(({ name, change, forged }) => {
        const client = driver.copyJar([name]);
        client.put(name, forged);
        return driver.read(undefined, { as: { client, with: 'forged', change } });
      }),
    );
    // Only in every second round. Otherwise a balancer that takes the instances in turn might route each kind of
    // change always to the same instance.
    if (i % 2 === 0) await driver.read();
    await pause(context, FORGED_EVERY);
  }
}

/** Writes on an instance if the session may write, and reads there otherwise. */
async function uses(session: Session, to: string | undefined): Promise<Operation> {
  const { driver, probe } = session;
  if (probe === undefined || !room(session, 1)) return (await driver.read(probe, { to })).operation;
  session.written++;
  return driver.write(probe, { to });
}
