/**
 * Workload leaving: clients log in and out during faults, then replay the old cookie on every instance, at once and
 * after all faults.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../client/context.ts';
import { abandon } from '../client/disconnect.ts';
import { Driver } from '../client/driver.ts';
import { replayed } from '../client/leave.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { EndingSpec } from '../target/schema.ts';
import { everywhere, inTurn, over, type Plan } from './workload.ts';

const CLIENTS = 4;
/** This number of clients stays logged in until a fault begins, because the fault may prevent logins. */
const PATIENT = 2;
const STAY = 1_200;
const AGAIN = 200;
/** Average pause between two reads, milliseconds. It is short, so that no server closes the idle connection. */
const PAUSE = 80;
/** Time after which a client disconnects while the session store is down, milliseconds. */
const ABANDONED = 250;
const REMEMBERED = 150;

interface LoggedOut {
  driver: Driver;
  old: SessionClient;
}

/**
 * Drives clients until the deadline. Does nothing if the app limits sessions, because `hop` then uses all allowed
 * sessions.
 *
 * @param plan its `deadline` may become earlier during the run
 */
export async function leaving(context: Context, plan: Plan): Promise<void> {
  const { logout } = context.target;
  if (logout === undefined || context.seats !== undefined) return;
  const dead: LoggedOut[] = [];
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
    const { driver, old } = dead[n] as LoggedOut;
    await everywhere(own, how => replayed(driver, old, how));
    driver.end('logout');
  });
}

async function live(
  context: Context,
  plan: Plan,
  n: number,
  logout: EndingSpec,
): Promise<LoggedOut | undefined> {
  const driver = Driver.of(context, n, context.account(n % CLIENTS));
  if (!(await driver.enter())) {
    driver.end('refused');
    await sleep(AGAIN);
    return undefined;
  }
  // Makes the session known to every instance, because an instance may ignore the logout of an unknown session.
  await everywhere(context, async how => (await driver.read(undefined, how)).operation, { balanced: true });
  const old = driver.replayer();
  const pauses = context.random.fork('pauses');
  const disturbed = (): boolean => context.recorder.disturbed || over(context, plan);
  const slow = context.target.slow?.read;
  const look = async (): Promise<void> => {
    await sleep(PAUSE * 2 * pauses.next());
    // Disconnects early, so that the store's reply may stay unread on the app's connection to the store.
    if (context.recorder.disturbed) await abandon(driver, context.target.signedIn.page, ABANDONED);
    // Sends a slow request. If its instance is killed, the session may stay locked.
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
