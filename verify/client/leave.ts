/** Ends sessions. */
import type { Context } from './context.ts';
import type { Driver } from './driver.ts';

/**
 * Logs out if the target has a logout, and records the end of the session.
 *
 * @returns whether the logout was acknowledged
 */
export async function leave(context: Context, driver: Driver): Promise<boolean> {
  const { logout } = context.target;
  const left =
    logout !== undefined && !context.signal.aborted && (await driver.logout(logout)).outcome === 'ok';
  driver.end(left ? 'logout' : 'over');
  return left;
}
