/** Logs sessions out, and replays their cookies. */

import type { Operation } from '../core/history/history.ts';
import type { Context } from './context.ts';
import type { Driver } from './driver.ts';
import type { How } from './how.ts';
import type { SessionClient } from './session-client.ts';

/**
 * Logs out if the target file has a logout. Then ends the session, or stores its cookies for a later replay
 * (departed.ts). Returns whether the app acknowledged the logout.
 */
export async function leave(context: Context, driver: Driver, how: How = {}): Promise<boolean> {
  const { target, signal } = context;
  const { logout } = target;
  const old = driver.replayer();
  const left = logout !== undefined && !signal.aborted && (await driver.logout(logout, how)).outcome === 'ok';
  if (left) depart(context, driver, old);
  else driver.end('over');
  return left;
}

/**
 * Ends a session whose logout was acknowledged, or stores its cookies for a later replay.
 *
 * @param old client with the cookies from before the logout
 */
export function depart({ departed }: Context, driver: Driver, old: SessionClient): void {
  const end = (): void => driver.end('logout');
  if (departed === undefined) end();
  else departed.add({ replay: () => replayed(driver, old, {}), end });
}

/** Reads with the cookies that a session had before its logout. */
export const replayed = async (driver: Driver, old: SessionClient, how: How): Promise<Operation> =>
  (await driver.read(undefined, { ...how, labelled: true, as: { client: old.copy(), with: 'old' } }))
    .operation;
