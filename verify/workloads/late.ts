/**
 * Lets responses of an old session arrive late: a user logs out, and the same or another user logs in with the same
 * browser, while requests of the old session are in flight. When a late response arrives, the browser applies its
 * cookies. The next page must not show the old user. If a late response signs the new user out, reports mention this.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { privately } from '../client/probes.ts';
import type { Operation } from '../core/history/history.ts';
import type { Plan } from './workload.ts';

/** Number of requests of the old session that reach the app only after the new login. */
const HELD = 2;

/** Runs one round. @param n number of the round's first client; in every second round, the same user logs in again */
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
  // A slow response may have changed the jar during the login. Then `own` is not the cookie of the new login.
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
  // A late response may have replaced the cookie of the new login in the jar. These reads show which user the jar
  // signs in now. Because of `with`, the checks do not require that the responses show the new session.
  for (const one of [undefined, probe]) await next.read(one, { as: { client: next.copyJar(), with: 'old' } });
  await next.logout(logout, { as: { client: own, with: 'old' } });
  next.end('over');
}

/** Sends slow requests of the target, and requests whose last byte waits at the barrier. */
function inFlight({ target }: Context, driver: Driver, barrier: Barrier): Promise<Operation>[] {
  const { slow, signedIn, claims } = target;
  const held = Array.from({ length: HELD }, () => driver.visit(signedIn.page, { held: barrier.place() }));
  if (slow?.read !== undefined) held.push(driver.visit(slow.read));
  // A target that does not claim logout-final may keep the whole session in the cookie. Then every late write would
  // restore the session, because each copy of the cookie stays valid.
  if (slow?.write !== undefined && claims.includes('logout-final')) held.push(driver.touch(slow.write));
  return held;
}
