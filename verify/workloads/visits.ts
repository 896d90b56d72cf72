/** Drives many short sessions during the workload `age`, because an error at login or logout may be rare. */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { depart, leave, replayed } from '../client/leave.ts';
import { everywhere, inTurn, pause } from './workload.ts';

const CLIENTS = 2;
/**
 * Limits of the pause between two sessions, milliseconds. Within these limits, the pause is as long as the session
 * before it.
 */
const PAUSE = { least: 100, most: 2_000 };

/** @param took duration of the session before the pause, milliseconds */
export const pauseAfter = (took: number): number => Math.min(Math.max(PAUSE.least, took), PAUSE.most);

/**
 * Drives short sessions until `ended` returns true. Does nothing if logins are limited or send mails.
 *
 * @param first number of the first client
 */
export async function visits(context: Context, first: number, ended: () => boolean): Promise<void> {
  if (context.spacing !== undefined || context.mails !== undefined) return;
  const { clock } = context.recorder;
  const visitors = { ...context, random: context.random.fork('visits') };
  await inTurn(visitors, CLIENTS, CLIENTS, async (own, client) => {
    const account = own.account(first + client);
    for (let n = first + client; !ended(); n += CLIENTS) {
      const from = clock.now();
      await visit(own, Driver.of(own, n, account));
      await pause(own, pauseAfter((clock.now() - from) / 1000));
    }
  });
}

async function visit(context: Context, driver: Driver): Promise<void> {
  if (!(await driver.enter())) return driver.end('refused');
  // Makes the session known to every instance, because an instance may ignore the logout of an unknown session.
  await everywhere(context, async how => (await driver.read(undefined, how)).operation);
  const { logout } = context.target;
  const old = driver.replayer();
  if (logout === undefined || (await driver.logout(logout)).outcome !== 'ok') {
    await leave(context, driver);
    return;
  }
  await everywhere(context, how => replayed(driver, old, how));
  depart(context, driver, old);
}
