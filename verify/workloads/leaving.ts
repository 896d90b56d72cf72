/**
 * leaving: beside hop while something is disturbed, a few clients log in, stay for a while and log out, at any moment
 * of a fault; then the old cookie is tried on every instance, at once and when all is over.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { EndingSpec } from '../target/schema.ts';
import { everywhere, inTurn, over, type Plan, replayed } from './workload.ts';

const CLIENTS = 4;
/** So many of them stay until something is disturbed: what lets nobody in would else find nobody who can leave. */
const PATIENT = 2;
/** How long a session stays at the most, and between two tries of what did not go through. Milliseconds. */
const STAY = 1_200;
const AGAIN = 200;
/** Between two looks at a page: a connection that rests for longer may be closed just as somebody logs out. */
const PAUSE = 80;
/** Sessions that are tried once more at the end. */
const REMEMBERED = 150;

interface Dead {
  driver: Driver;
  old: SessionClient;
}

/**
 * Where the app allows a user only so many sessions, hop has them all.
 *
 * @param plan its deadline may come nearer meanwhile
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

/** @returns a session that was logged out; undefined when it was lost or over before */
async function live(context: Context, plan: Plan, n: number, logout: EndingSpec): Promise<Dead | undefined> {
  const driver = Driver.of(context, n, context.account(n % CLIENTS));
  if (!(await driver.enter())) {
    driver.end('refused');
    await sleep(AGAIN);
    return undefined;
  }
  // An instance that has never met the session may have no part in its end.
  await everywhere(context, async how => (await driver.read(undefined, how)).operation, { balanced: true });
  const old = driver.replayer();
  const pauses = context.random.fork('pauses');
  const disturbed = (): boolean => context.recorder.disturbed || over(context, plan);
  const slow = context.target.slow?.read;
  const look = async (): Promise<void> => {
    await sleep(PAUSE * 2 * pauses.next());
    // What takes long is under way when an instance dies; what it has locked then, the next request finds locked.
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
