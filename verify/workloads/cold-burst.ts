/**
 * cold-burst: a fresh jar opens the login page and others at the same time, as a browser does that restores its
 * tabs; then logs in with the form that it got, at times beside more pages, and uses the session.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { Operation } from '../core/history.ts';
import { leave } from '../target/ready.ts';
import { everywhere, inTurn, over, type Workload } from './workload.ts';

const ROUNDS = 16;
const AT_ONCE = 4;

export const coldBurst: Workload = {
  name: 'cold-burst',
  does: 'parallel first requests of a fresh jar, then a login',
  feeds: ['one-session', 'continuity'],
  run: (context, plan) =>
    inTurn(context, ROUNDS, AT_ONCE, async (own, n) => {
      if (!over(own, plan)) await round(own, n);
    }),
};

async function round(context: Context, n: number): Promise<void> {
  const { signedIn, pages } = context.target;
  const driver = Driver.of(context, n);
  const others = [signedIn.page, ...pages, '/'].slice(0, 3);
  const barrier = new Barrier(others.length + 1);
  await Promise.all([
    driver.form({ held: barrier.place(context.random.next() * 2) }),
    ...others.map(path => driver.visit(path, { held: barrier.place(context.random.next() * 2) })),
  ]);
  const login = n % 3 === 2 ? await besideReads(context, driver, others) : await driver.login();
  if (login.outcome !== 'ok') return driver.end('refused');
  await everywhere(context, async how => (await driver.read(undefined, how)).operation);
  await leave(context, driver);
}

/** The login while other pages of the same jar are still under way: none of them may take its cookie away. */
async function besideReads(context: Context, driver: Driver, paths: readonly string[]): Promise<Operation> {
  const barrier = new Barrier(paths.length + 1);
  const place = () => barrier.place(context.random.next() * 10);
  const reads = paths.map(path => driver.visit(path, { held: place() }));
  const login = await driver.login({ held: place() });
  await Promise.all(reads);
  return login;
}
