/**
 * interleave: two users and somebody without a session open the same addresses at the same time and one after the
 * other, through the balancer and whatever cache is in front; each user has put canaries into private state. And a
 * user logs in with a browser that another has just logged out of.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver, writable } from '../client/driver.ts';
import type { How } from '../client/requests.ts';
import { leave } from '../target/ready.ts';
import { inTurn, over, type Plan, type Workload } from './workload.ts';

const PAIRS = 3;
const ROUNDS = 12;
/** Browsers that change hands. */
const SHARED = 3;

export const interleave: Workload = {
  name: 'interleave',
  does: 'two users and a stranger open the same pages, and one logs in where another has logged out',
  feeds: ['isolation', 'private-responses'],
  run: (context, plan) =>
    inTurn(
      context,
      SHARED + PAIRS,
      SHARED,
      (own, n) => (n < SHARED ? shared(own, n) : pair(own, plan, n - SHARED)),
      2,
    ),
};

/** What the first user's session held may have outlived the logout, and be the next one's. */
async function shared(context: Context, n: number): Promise<void> {
  const { logout, probes, pages } = context.target;
  const [before, other] = [3 * PAIRS + 2 * n, 3 * PAIRS + 2 * n + 1];
  const account = context.account(other);
  const first = Driver.of(context, before);
  // Without a logout it would be one of two tabs of the same user.
  if (logout === undefined || account.label === first.account.label) return;
  if (!(await first.enter())) return first.end('refused');
  const probe = writable(context.target);
  await first.read(probe);
  if (probe !== undefined) await first.write(probe);
  if (!(await leave(context, first))) return;
  const session = `${context.prefix}${other + 1}`;
  const next = new Driver(context, { client: first.session, session, account }, first.copyJar());
  if (!(await next.enter())) return next.end('refused');
  await next.read();
  for (const one of probes) await next.read(one);
  for (const page of pages) await next.visit(page);
  await leave(context, next);
}

async function pair(context: Context, plan: Plan, n: number): Promise<void> {
  const drivers = [Driver.of(context, 3 * n), Driver.of(context, 3 * n + 1)];
  const stranger = Driver.of(context, 3 * n + 2);
  const probe = writable(context.target);
  const users: Driver[] = [];
  for (const driver of drivers) {
    if (!(await driver.enter())) {
      driver.end('refused');
      continue;
    }
    users.push(driver);
    // The form token of the session comes with its first page.
    await driver.read(probe);
    if (probe !== undefined) await driver.write(probe);
  }
  for (let i = 0; i < ROUNDS && !over(context, plan); i++) await round(context, users, stranger, i);
  for (const driver of users) await leave(context, driver);
  stranger.end('over');
}

async function round(context: Context, users: Driver[], stranger: Driver, i: number): Promise<void> {
  const { signedIn, pages, probes, login } = context.target;
  const paths = [...new Set([signedIn.page, ...probes.map(({ read }) => read.path), ...pages])];
  const path = paths[i % paths.length] as string;
  const probe = probes.find(({ read }) => read.path === path);
  // A query that nobody has used before: no cache can have the page from somebody else.
  const fresh = i % (2 * paths.length) < paths.length;
  const query = fresh ? `baton=${Math.floor(context.random.next() * 1e9)}` : '';
  const reads = users.map(
    user =>
      (how: How): Promise<unknown> =>
        probe === undefined && path !== signedIn.page
          ? user.visit(path, { ...how, query })
          : user.read(probe, { ...how, query }),
  );
  if (i % 2 === 0) for (const read of reads) await read({});
  else {
    const barrier = new Barrier(reads.length);
    await Promise.all(reads.map(read => read({ held: barrier.place() })));
  }
  // A cache that kept a page, or its cookie, gives it to whoever asks next.
  await stranger.visit(path, { query });
  await stranger.visit(login.page);
}
