/**
 * leaving: during faults, a few clients log in while hop runs, stay for a while, and log out at any moment of a
 * fault. After its logout, each client replays the old cookie on every instance, at once and again after all faults.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { EndingSpec } from '../target/schema.ts';
import { everywhere, inTurn, over, type Plan, replayed } from './workload.ts';

const CLIENTS = 4;
/**
 * Number of clients that stay until a fault begins. A fault may prevent logins, and then only these clients can log
 * out.
 */
const PATIENT = 2;
/** Maximum duration of a session, milliseconds. */
const STAY = 1_200;
/** Interval between two attempts of a failed request, milliseconds. */
const AGAIN = 200;
/**
 * Average pause between two reads, milliseconds. It is short, because the server may close a connection that is idle
 * for longer just at the logout.
 */
const PAUSE = 80;
/** Time after which a client disconnects from a request that it abandons, milliseconds. */
const ABANDONED = 250;
/** Maximum number of sessions whose cookie is replayed again at the end. */
const REMEMBERED = 150;

interface Dead {
  driver: Driver;
  old: SessionClient;
}

/**
 * Runs the clients until the plan is over. Does nothing if the app limits the sessions of a user, because hop
 * uses all these sessions.
 *
 * @param plan its deadline may move closer during the run
 */
export async function leaving(context: Context, plan: Plan): Promise<void> {
  const { logout } = context.target;
  if (logout === undefined || context.seats !== undefined) return;
  const dead: Dead[] = [];
  const client = async (n: number): Promise<void> => {
    const own = { ...context, random: context.random.fork(`${n}`) };
    for (let life = 0; !over(own, plan); life++) {
      const left = await live(own, plan, n + life * CLIENTS, logout);
      if (left === undefined) continue;
      if (dead.length < REMEMBERED) dead.push(left);
      else left.driver.end('logout');
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n)));
  await inTurn(context, dead.length, CLIENTS, async (own, n) => {
    const { driver, old } = dead[n] as Dead;
    await everywhere(own, how => replayed(driver, old, how));
    driver.end('logout');
  });
}

/** Drives one session to its logout. Returns undefined if the session was lost or the run ended before the logout. */
async function live(context: Context, plan: Plan, n: number, logout: EndingSpec): Promise<Dead | undefined> {
  const driver = Driver.of(context, n, context.account(n % CLIENTS));
  if (!(await driver.enter())) {
    driver.end('refused');
    await sleep(AGAIN);
    return undefined;
  }
  // First every instance serves the session, because an instance that never served the session may ignore its logout.
  await everywhere(context, async how => (await driver.read(undefined, how)).operation, { balanced: true });
  const old = driver.replayer();
  const pauses = context.random.fork('pauses');
  const disturbed = (): boolean => context.recorder.disturbed || over(context, plan);
  const slow = context.target.slow?.read;
  const look = async (): Promise<void> => {
    await sleep(PAUSE * 2 * pauses.next());
    // If a client disconnects while the store is down, the store's reply may stay unread on the connection between
    // app and store.
    if (context.recorder.disturbed) await driver.abandon(context.target.signedIn.page, ABANDONED);
    // A slow request may be in flight when an instance dies. The next request then finds the locks of the slow
    // request.
    if (slow !== undefined) await driver.visit(slow);
    await driver.read();
  };
  while (n % CLIENTS < PATIENT && !disturbed()) await look();
  for (let stay = STAY * context.random.next(); !context.signal.aborted; stay = AGAIN) {
    const leaves = performance.now() + stay;
    do await look();
    while (performance.now() < leaves && !context.signal.aborted);
    const { outcome, signedIn } = await driver.logout(logout);
    if (outcome === 'ok') {
      await everywhere(context, how => replayed(driver, old, how), { balanced: true });
      return { driver, old };
    }
    if (signedIn === 'out' || over(context, plan)) break;
  }
  driver.end('over');
  return undefined;
}
