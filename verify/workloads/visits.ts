/** Drives many short sessions during the workload `age`, because an error at login or logout may be rare. */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { depart, leave, replayed } from '../client/leave.ts';
import type { SessionClient } from '../client/session-client.ts';
import type { Operation } from '../core/history/history.ts';
import type { Account } from '../target/load.ts';
import { everywhere, inTurn, pause } from './workload.ts';

const CLIENTS = 2;
/** Of three sessions of a client, the first ends by logging out all sessions of its user. This user has two devices. */
const ALL_EVERY = 3;
/** With fewer accounts, other workloads have sessions of the same users, which a logout of all sessions would end. */
const ACCOUNTS = 100;
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
      const all = Math.floor((n - first) / CLIENTS) % ALL_EVERY === 0 && hasAll(own);
      await visit(own, n, account, all);
      await pause(own, pauseAfter((clock.now() - from) / 1000));
    }
  });
}

const hasAll = ({ target: { logoutEverywhere, sessions, accounts } }: Context): boolean =>
  logoutEverywhere !== undefined && (sessions?.most ?? 2) >= 2 && accounts.length >= ACCOUNTS;

/** @param all if true, the user has two devices, and ends the sessions of both on one device */
async function visit(context: Context, n: number, account: Account, all: boolean): Promise<void> {
  const { logout, logoutEverywhere } = context.target;
  const driver = Driver.of(context, n, account);
  if (!(await driver.enter())) return driver.end('refused');
  const drivers = [driver, ...(all ? await secondDevice(context, driver) : [])];
  // Makes the sessions known to every instance, because an instance may ignore the logout of an unknown session.
  for (const one of drivers)
    await everywhere(context, async how => (await one.read(undefined, how)).operation);
  const old = drivers.map(one => one.replayer());
  const end = (): Promise<Operation> | undefined =>
    all && logoutEverywhere ? driver.logoutAll(logoutEverywhere) : logout && driver.logout(logout);
  if ((await end())?.outcome !== 'ok') {
    for (const one of drivers) await leave(context, one);
    return;
  }
  for (const [i, one] of drivers.entries()) {
    const own = old[i] as SessionClient;
    await everywhere(context, how => replayed(one, own, how));
    depart(context, one, own);
  }
}

async function secondDevice(context: Context, { session, account }: Driver): Promise<Driver[]> {
  const name = `${session}-2`;
  const second = new Driver(context, { client: name, session: name, account });
  if (await second.enter()) return [second];
  second.end('refused');
  return [];
}
