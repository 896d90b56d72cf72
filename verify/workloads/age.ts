/** Workload age: drives long sessions, up to the length of the load, and at the same time short ones (visits.ts). */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave, replayed } from '../client/leave.ts';
import { writable, writeOf } from '../client/probes.ts';
import type { Operation } from '../core/history/history.ts';
import type { Target } from '../target/load.ts';
import type { Probe } from '../target/schema.ts';
import { besideSlow, MOST, type Racer, TOGETHER, together } from './burst.ts';
import { DelaySearch } from './delay-search.ts';
import { Forger } from './forger.ts';
import { collection, outsideAscii } from './growth.ts';
import { raceLogout } from './logout-race.ts';
import { head, pageForHead, provokeErrors } from './rare-requests.ts';
import { visits } from './visits.ts';
import { aim, everywhere, inTurn, over, pause, type Workload } from './workload.ts';

const EACH = 5;
/** Number of logged-out sessions whose old cookies are replayed concurrently. */
const DEAD_AT_ONCE = 4;
const TIMES = 14;
/**
 * Length of a session's first pause, or first stay on one instance, milliseconds. Each pause or stay is `LONGER` times
 * as long as the one before.
 */
const SHORTEST = 200;
const LONGER = 1.5;
const LONG_STAYS = 2;
const OUTLIVES = 1.2;
const SLOW_EACH = 3;
/** Pause between two requests of a session that stays on one instance, milliseconds. */
const OFTEN = 150;
/** Pause between two rounds of changed cookies, milliseconds. */
const FORGED_EVERY = 80;
/** Pause between two pairs of simultaneous reads, milliseconds. */
const PAIRS_EVERY = 120;
const ALIVE = 0.6;

const HABITS = [busy, rests, stays, forges];

export const age: Workload = {
  name: 'age',
  does: 'drives sessions up to the length of the load: busy ones, ones with pauses, and ones that stay on one instance; then logs out',
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
    // Does nothing if the app limits sessions, because long sessions would block other workloads until the end of the
    // load.
    if (life <= 0 || context.seats !== undefined) return;
    const shared: Shared = {
      overlapped: 0,
      delays: new DelaySearch(),
      logouts: new DelaySearch(),
      headPage: undefined,
      logins: [],
    };
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
      if (!session.over) dead.push(await loggedOut(session, n));
    });
    await Promise.all([living, visits(context, all, endedAt(start + life * 1000))]);
    await inTurn(context, dead.length, DEAD_AT_ONCE, async (_, n) => dead[n]?.());
  },
};

function lifeOf({ expiry }: Target): number {
  const { idle = Number.POSITIVE_INFINITY, absolute = Number.POSITIVE_INFINITY, renew } = expiry ?? {};
  return renew === 'never' ? Math.min(idle, absolute) : absolute;
}

const idleOf = ({ expiry }: Target): number => expiry?.idle ?? Number.POSITIVE_INFINITY;

interface Shared {
  overlapped: number;
  /** Finds the delay after which a concurrent read shows a write. */
  delays: DelaySearch;
  /** Finds the delay after which the app refuses concurrent requests of a session that logs out. */
  logouts: DelaySearch;
  /** The page of HEAD requests; undefined if the app refuses them. */
  headPage: Promise<string | undefined> | undefined;
  /** Each session with the cookies from its login. */
  logins: (Pick<Driver, 'cookies'> & { driver: Driver })[];
}

interface Pace {
  every: number;
  /** Time of the logout, microseconds on the run's clock. */
  until: number;
  ended(): boolean;
}

interface Session extends Omit<Racer, 'probe'> {
  shared: Shared;
  probe: Probe | undefined;
  written: number;
  /** True if the app has ended the session and refused a further login. */
  over: boolean;
}

async function begun(context: Context, n: number, shared: Shared): Promise<Session | undefined> {
  const driver = Driver.of(context, n);
  if (!(await driver.enter())) {
    driver.end('refused');
    return undefined;
  }
  shared.headPage ??= pageForHead(context, driver);
  const cookies = driver.cookies();
  shared.logins.push({ driver, cookies: () => cookies });
  const { probes } = context.target;
  const written = probes.filter(one => writeOf(one) !== undefined && one.scope !== 'all');
  // Consecutive sessions with the same kind of load use different probes.
  const probe = written[Math.floor(n / HABITS.length) % written.length] ?? writable(context.target);
  await everywhere(context, async how => (await driver.read(probe, how)).operation);
  const text = outsideAscii(context.growth);
  const awkward = text !== undefined && probe !== undefined && probe === collection(context.target);
  if (awkward) await driver.write(probe, { text });
  return { context, driver, probe, other: undefined, shared, written: awkward ? 1 : 0, over: false };
}

async function loggedOut({ context, driver, shared }: Session, n: number): Promise<() => Promise<void>> {
  const { logout } = context.target;
  if (logout === undefined || context.signal.aborted) {
    await leave(context, driver);
    return async () => {};
  }
  const { old } = await raceLogout(context, driver, { n, logout, delays: shared.logouts });
  return async () => {
    await everywhere(context, how => replayed(driver, old, how));
    driver.end('logout');
  };
}

/** Returns false if `count` more values would make the page too long. */
const room = ({ probe, written }: Session, count: number): boolean =>
  probe !== undefined && written + count <= Math.min(probe.cap ?? MOST, MOST);

async function busy(session: Session, { every, ended }: Pace): Promise<void> {
  const { probe, context } = session;
  const { slow } = context.target;
  const longest = idleOf(context.target) * ALIVE;
  for (let i = 0; !ended(); i++) {
    await readsInPairs(session, Math.min(every * (0.5 + session.context.random.next()), longest), ended);
    await provokeErrors(context, session.driver, { to: aim(context, i) });
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

/** Sends simultaneous reads. Two of three pairs bypass the balancer, because a round robin would split each pair. */
async function readsInPairs(session: Session, length: number, ended: () => boolean): Promise<void> {
  const { context, driver, probe, shared } = session;
  const { clock } = context.recorder;
  const end = clock.now() + length * 1000;
  for (let i = 0; clock.now() < end && !ended(); i++) {
    // Counts only the pairs that bypass the balancer, so that each instance gets the same number of them.
    const to = i % 3 === 0 ? undefined : aim(context, Math.floor((i * 2) / 3));
    await Promise.all([
      driver.read(probe, { to }),
      driver.read(undefined, { to }),
      head(driver, shared.headPage, { to }),
    ]);
    await pause(context, Math.min((end - clock.now()) / 1000, PAIRS_EVERY));
  }
}

/** Writes on one instance, pauses, and reads on every instance. Each pause is longer than the one before. */
async function rests(session: Session, { ended }: Pace): Promise<void> {
  const { context, driver, probe } = session;
  const longest = idleOf(context.target) * ALIVE;
  for (let rest = SHORTEST, i = 0; !ended(); rest = Math.min(rest * LONGER, longest), i++) {
    await uses(session, aim(context, i));
    for (let left = rest; left > 0 && !ended(); left -= SHORTEST)
      await pause(context, Math.min(left, SHORTEST));
    if (probe !== undefined && i % 2 === 1 && room(session, 1))
      await together({ ...session, probe }, ['write', 'read'], 5);
    await everywhere(context, async how => (await driver.read(probe, how)).operation);
  }
}

/**
 * Stays on one instance, then on the next. After each stay, reads on every instance. The first two stays are longer
 * than the idle timeout and write only once, so that only reads renew the session.
 */
async function stays(session: Session, { until, ended }: Pace): Promise<void> {
  const { context, driver, probe, shared } = session;
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
      else if (k % 2 === 0) await head(driver, shared.headPage, { to: aim(context, i) });
      else await driver.read(probe, { to: aim(context, i) });
      await pause(context, OFTEN);
    }
    await everywhere(context, async how => (await driver.read(probe, how)).operation);
  }
}

/** Sends changed cookies repeatedly, because an instance may accept a changed cookie only once in many requests. */
async function forges(session: Session, { ended }: Pace): Promise<void> {
  const { context, driver, shared } = session;
  const forger = await Forger.of(context, driver);
  for (let i = 0; !ended() && !forger.over; i++) {
    const other = shared.logins.find(login => login.driver !== driver);
    if (other !== undefined) await forger.sendAll(other, ended);
    // Makes a round robin skip an instance in every second round, so that each instance gets each kind of changed
    // cookie.
    if (i % 2 === 0 && !forger.over) await forger.driver.read();
    await pause(context, FORGED_EVERY);
  }
  Object.assign(session, { driver: forger.driver, over: forger.over });
}

async function uses(session: Session, to: string | undefined): Promise<Operation> {
  const { driver, probe } = session;
  if (probe === undefined || !room(session, 1)) return (await driver.read(probe, { to })).operation;
  session.written++;
  return driver.write(probe, { to });
}
