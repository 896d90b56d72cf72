/**
 * Workload refresh-race: refreshes the tokens of a session concurrently, after a lost response, and during a logout.
 * Every instance must refuse the replaced tokens.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { replayed } from '../client/leave.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { Operation } from '../core/history/history.ts';
import { timeoutTolerance } from '../core/timeline/timeouts.ts';
import type { EndingSpec, RefreshSpec } from '../target/schema.ts';
import { aim, everywhere, inTurn, over, pause, type Workload } from './workload.ts';

const ROUNDS = 24;
const AT_ONCE = 12;
const TABS = 3;
/** Maximum delay between two concurrent refreshes, milliseconds. */
const APART = 10;
/** Additional wait after a lifetime or grace period, milliseconds. It allows for differences of the server's clock. */
const MARGIN = 300;

/** Returns a client with the replaced tokens, and a client with the current tokens. */
type Race = (
  context: Context,
  driver: Driver,
  n: number,
) => Promise<{ spent: SessionClient; current: SessionClient }>;

export const refreshRace: Workload = {
  name: 'refresh-race',
  does: 'refreshes tokens several times at once, after a lost response and during a logout, and sends replaced tokens again',
  feeds: ['token-refresh'],
  lacks: ({ refresh }) => (refresh === undefined ? '`refresh`' : undefined),
  takes: ({ refresh }) => (refresh === undefined ? 0 : graceOver(refresh)),
  run: async (context, plan) => {
    const { refresh, logout } = context.target;
    if (refresh === undefined) return;
    const rounds: ((context: Context, driver: Driver, n: number) => Promise<void>)[] = [
      (...round) => raced(overlapping, refresh, ...round),
      (...round) => raced(lostResponse, refresh, ...round),
      (...round) => raced(spentAtOnce, refresh, ...round),
    ];
    if (logout !== undefined) rounds.push((...round) => duringLogout(logout, ...round));
    await inTurn(context, ROUNDS, AT_ONCE, async (own, n) => {
      if (over(own, plan)) return;
      const driver = Driver.of(own, n);
      if (!(await driver.enter())) return driver.end('refused');
      await rounds[n % rounds.length]?.(own, driver, n);
      driver.end('over');
    });
  },
};

/** Returns how long after a refresh an instance may still accept the replaced token, milliseconds. */
const graceOver = ({ grace = 0 }: RefreshSpec): number =>
  grace + timeoutTolerance(grace * 1000) / 1000 + MARGIN;

const copied = (client: SessionClient) => ({ client, with: 'copy' as const });

/**
 * Calls `race` to replace the tokens. Then refreshes the current tokens, and sends the replaced token after the grace
 * period.
 */
async function raced(
  race: Race,
  spec: RefreshSpec,
  context: Context,
  driver: Driver,
  n: number,
): Promise<void> {
  const { spent, current } = await race(context, driver, n);
  await driver.refresh({ as: copied(current), to: aim(context, n + 1) });
  await pause(context, graceOver(spec));
  if (context.signal.aborted) return;
  await everywhere(context, how => driver.refresh({ ...how, as: { client: spent.copy(), with: 'old' } }));
  await driver.refresh({ as: copied(current) });
}

const overlapping: Race = async (context, driver, n) => {
  const spent = driver.copyJar();
  const barrier = new Barrier(TABS);
  const tabs = await Promise.all(
    Array.from({ length: TABS }, async (_, i) => {
      const client = spent.copy();
      const held = barrier.place(i * APART * context.random.next());
      return { client, done: await driver.refresh({ as: copied(client), to: aim(context, n + i), held }) };
    }),
  );
  const accepted = tabs.filter(({ done }) => done.outcome === 'ok');
  const last = accepted.sort((a, b) => returned(b.done) - returned(a.done))[0];
  return { spent, current: last?.client ?? spent.copy() };
};

const returned = ({ call, return: end = call }: Operation): number => end;

/** Drops the response to a refresh, and sends the same token to a second instance. */
const lostResponse: Race = async (context, driver, n) => {
  const spent = driver.copyJar();
  await driver.refresh({ as: copied(spent.copy()), to: aim(context, n), lost: true });
  const current = spent.copy();
  await driver.refresh({ as: copied(current), to: aim(context, n + 1) });
  return { spent, current };
};

const spentAtOnce: Race = async (context, driver, n) => {
  const spent = driver.copyJar();
  const current = spent.copy();
  await driver.refresh({ as: copied(current), to: aim(context, n) });
  await driver.refresh({ as: copied(spent.copy()), to: aim(context, n + 1) });
  return { spent, current };
};

async function duringLogout(logout: EndingSpec, context: Context, driver: Driver, n: number): Promise<void> {
  // Makes the session known to every instance, because an instance may ignore the logout of an unknown session.
  await everywhere(context, async how => (await driver.read(undefined, how)).operation);
  const old = driver.replayer();
  if (n % 16 === 3) await driver.refresh();
  const tab = driver.copyJar();
  const barrier = new Barrier(2);
  const { random } = context;
  const place = (longest: number) => (n % 16 === 3 ? undefined : barrier.place(longest * random.next()));
  const refreshing =
    n % 16 === 3 || driver.refresh({ as: copied(tab), to: aim(context, n), held: place(APART) });
  // Usually sends the logout after the refresh, so that the session is still alive at the refresh.
  await driver.logout(logout, { held: place(3 * APART) });
  await refreshing;
  const clients = [old, tab];
  for (const client of clients)
    await everywhere(context, how => driver.refresh({ ...how, as: { client: client.copy(), with: 'old' } }));
  for (const client of clients) await everywhere(context, how => replayed(driver, client, how));
  const { access } = tab;
  if (access === undefined || access.lifetime > LONGEST) return;
  await pause(context, access.ends - Date.now() + timeoutTolerance(0) / 1000 + MARGIN);
  for (const client of clients) await everywhere(context, how => replayed(driver, client, how));
}

/** The workload waits for the expiry of access tokens only up to this lifetime, milliseconds. */
const LONGEST = 20_000;
