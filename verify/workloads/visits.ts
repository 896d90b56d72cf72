/**
 * Drives short sessions in addition to the long sessions of `age`, as long as the load: clients log in, read a page
 * on every instance, log out, and send the old cookie again. Many visits are needed, because a login or logout may
 * fail only rarely.
 */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { everywhere, inTurn, pause, replayed } from './workload.ts';

const CLIENTS = 2;
/** Minimum pause between two visits of a client, milliseconds. The pause is at least as long as the visit. */
const PAUSE = 100;

/**
 * Drives visits. Does nothing if the app limits how often a user logs in.
 *
 * @param first number of the first client among the clients of the workload
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
      await pause(own, Math.max(PAUSE, (clock.now() - from) / 1000));
    }
  });
}

async function visit(context: Context, driver: Driver): Promise<void> {
  if (!(await driver.enter())) return driver.end('refused');
  // First every instance serves the session, because an instance that never served the session may ignore its logout.
  await everywhere(context, async how => (await driver.read(undefined, how)).operation);
  const { logout } = context.target;
  const old = driver.replayer();
  if (logout === undefined || (await driver.logout(logout)).outcome !== 'ok') {
    await leave(context, driver);
    return;
  }
  await everywhere(context, how => replayed(driver, old, how));
  driver.end('logout');
}
