/**
 * Workload cold-burst: opens several pages at once without cookies, as a browser that restores its tabs, and logs in.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { everywhere, inTurn, over, type Workload } from './workload.ts';

const ROUNDS = 16;
/** Minimum number of rounds for the check `one-session`, even after the deadline. */
const NEEDED = 3;
const AT_ONCE = 4;
/** Number of users. With fewer users than rounds, a user logs in several times. */
const USERS = 6;

export const coldBurst: Workload = {
  name: 'cold-burst',
  does: 'sends parallel requests of a client without cookies, then logs it in',
  feeds: ['one-session', 'continuity'],
  lacks: ({ session }) =>
    session === undefined ? undefined : '`login`: if the file has `session`, Baton does not log in',
  run: (context, plan) =>
    inTurn(context, ROUNDS, AT_ONCE, async (own, n) => {
      if (!over(own, plan, n < NEEDED)) await round(own, n);
    }),
};

async function round(context: Context, n: number): Promise<void> {
  const { signedIn, pages } = context.target;
  const driver = Driver.of(context, n, context.account(n % USERS));
  const others = [signedIn.page, ...pages, '/'].slice(0, 3);
  const barrier = new Barrier(others.length + 1);
  await Promise.all([
    driver.form({ held: barrier.place(context.random.next() * 2) }),
    ...others.map(path => driver.visit(path, { held: barrier.place(context.random.next() * 2) })),
  ]);
  // If the login fails, opens the login form again, as a user does: the form token may belong to an older cookie.
  if ((await driver.login()).outcome !== 'ok' && !(await driver.enter())) return driver.end('refused');
  await everywhere(context, async how => (await driver.read(undefined, how)).operation);
  await leave(context, driver);
}
