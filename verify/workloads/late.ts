/** Tests that a late response to an old session does not replace a new session in the same browser. */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { privately } from '../client/probes.ts';
import type { Operation } from '../core/history/history.ts';
import type { Plan } from './workload.ts';

/** Number of requests whose last byte is sent only after the new login. */
const HELD = 2;

/**
 * Logs a user out and in again, while requests of the old session are in flight.
 *
 * @param n number of the first client; if it is odd, the second login is that of another user
 */
export async function late(context: Context, _plan: Plan, n: number): Promise<void> {
  const { logout } = context.target;
  if (logout === undefined) return;
  const old = Driver.of(context, n);
  if (!(await old.enter())) return old.end('refused');
  const probe = privately(context.target);
  await old.read(probe);
  const barrier = new Barrier(HELD + 1);
  const gate = barrier.place();
  const flying = inFlight(context, old, barrier);
  await gate.assemble();
  await old.logout(logout);
  const account = n % 2 === 0 ? old.account : context.account(n + 1);
  const session = `${context.prefix}${n + 2}`;
  const next = new Driver(context, { client: old.session, session, account }, old.browser);
  const { clock } = context.recorder;
  const from = clock.now();
  const entered = await next.enter();
  const own = next.copyJar();
  const before = JSON.stringify(next.cookies());
  gate.leave();
  // A slow response during the login may have set a cookie that replaced the new session's cookie in `own`.
  const slow = (await Promise.all(flying)).slice(HELD);
  const early = slow.some(({ cookies = [], return: end = 0 }) => cookies.length > 0 && end >= from);
  old.end('logout');
  if (!entered) return next.end('refused');
  if (!early && before === JSON.stringify(next.cookies())) {
    await next.read();
    await next.read(probe);
    await leave(context, next);
    return;
  }
  // Reads which user is signed in after late cookies. With the mark `old`, the checks do not require the new user.
  for (const one of [undefined, probe]) await next.read(one, { as: { client: next.copyJar(), with: 'old' } });
  await next.logout(logout, { as: { client: own, with: 'old' } });
  next.end('over');
}

function inFlight({ target }: Context, driver: Driver, barrier: Barrier): Promise<Operation>[] {
  const { slow, signedIn, claims } = target;
  const held = Array.from({ length: HELD }, () => driver.visit(signedIn.page, { held: barrier.place() }));
  if (slow?.read !== undefined) held.push(driver.visit(slow.read));
  // Sends no slow write if `logout-final` is not claimed: the cookie may then hold the whole session, so a late write
  // would always restore it.
  if (slow?.write !== undefined && claims.includes('logout-final')) held.push(driver.touch(slow.write));
  return held;
}
