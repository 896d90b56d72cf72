/**
 * interleave: two users and a client without a session open the same addresses, at the same time and in turn, through
 * any cache in front of the app. Each user has put canaries into private state. Another user logs in with a browser
 * from which the previous user has just logged out. One user disconnects before the responses come. These responses
 * must not reach another user. One user has two devices.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import { leave } from '../client/leave.ts';
import { privately } from '../client/probes.ts';
import type { Target } from '../target/load.ts';
import { late } from './late.ts';
import { everywhere, inTurn, lasted, over, type Plan, type Workload } from './workload.ts';

const PAIRS = 3;
const ROUNDS = 12;
/** Number of browsers that two users share. */
const SHARED = 3;
/** Number of users that disconnect before the response comes. */
const HASTY = 2;
/** Number of browsers with late responses of an old session. Also the number of users with two devices. */
const LATE = 4;
const DEVICES = 3;
/** Number of requests that a user who disconnects abandons in a round. */
const ABANDONED = 6;

export const interleave: Workload = {
  name: 'interleave',
  does: 'two users and a stranger open the same pages; one logs in after another has logged out, one disconnects early, one uses two devices',
  feeds: ['isolation', 'private-responses'],
  run: async (context, plan) => {
    const parts = [
      ...Array.from({ length: PAIRS }, () => pair),
      ...Array.from({ length: SHARED }, () => shared),
      ...Array.from({ length: HASTY }, () => hasty),
      ...Array.from({ length: LATE }, () => late),
      ...Array.from({ length: DEVICES }, () => devices),
    ];
    // Each part has at most three clients.
    await inTurn(context, parts.length, 3, async (own, n) => parts[n]?.(own, plan, 3 * n), 2);
  },
};

/**
 * Abandons requests while another user reads. An app may reuse a connection to the store before it has read the
 * store's reply to an abandoned request. Then the next request gets this reply. Abandoned requests are not recorded,
 * because a lost response may have changed the cookie.
 */
async function hasty(context: Context, plan: Plan, n: number): Promise<void> {
  const [leaver, other] = [Driver.of(context, n), Driver.of(context, n + 1)];
  if (leaver.account.label === other.account.label) return;
  if (!(await enters(context, leaver))) return leaver.end('refused');
  if (await enters(context, other)) {
    const paths = pagesOf(context.target);
    for (let i = 0; i < ROUNDS && !over(context, plan); i++) {
      const path = paths[i % paths.length] as string;
      const whole = lasted((await other.read()).operation);
      const moment = (): number => context.random.next() * whole;
      await Promise.all(Array.from({ length: ABANDONED }, () => leaver.abandon(path, moment())));
      for (const probe of context.target.probes) await other.read(probe);
    }
    await leave(context, other);
  } else other.end('refused');
  await leave(context, leaver);
}

/** Logs in, and writes a canary into private state. Returns whether the login was accepted. */
async function enters(context: Context, driver: Driver): Promise<boolean> {
  const probe = privately(context.target);
  if (!(await driver.enter())) return false;
  // The first page of the session carries its form token.
  await driver.read(probe);
  if (probe !== undefined) await driver.write(probe);
  return true;
}

/**
 * Uses two devices of a user at the same time. The logout on one device must not end the session of the other device.
 */
async function devices(context: Context, plan: Plan, n: number): Promise<void> {
  const { sessions, logout } = context.target;
  if (sessions?.logout === 'all' || (sessions?.most ?? 2) < 2 || logout === undefined) return;
  const first = Driver.of(context, n);
  const second = Driver.of(context, n + 1, first.account);
  if (!(await enters(context, first))) return first.end('refused');
  if (!(await enters(context, second))) {
    second.end('refused');
    return void (await leave(context, first));
  }
  for (let i = 0; i < ROUNDS / 4 && !over(context, plan); i++)
    for (const probe of context.target.probes)
      await Promise.all([first, second].map(driver => driver.read(probe)));
  await leave(context, first);
  for (const probe of [undefined, ...context.target.probes])
    await everywhere(context, async how => (await second.read(probe, how)).operation);
  await leave(context, second);
}

const pagesOf = ({ signedIn, pages, probes }: Target): string[] => [
  ...new Set([signedIn.page, ...probes.map(({ read }) => read.path), ...pages]),
];

/** Logs a second user in with the browser of a first user. State of the first session may survive its logout. */
async function shared(context: Context, _plan: Plan, n: number): Promise<void> {
  const { logout, probes, pages } = context.target;
  const account = context.account(n + 1);
  const first = Driver.of(context, n);
  // Needs a logout and two users: otherwise the two sessions would only be two tabs of one browser.
  if (logout === undefined || account.label === first.account.label) return;
  if (!(await enters(context, first))) return first.end('refused');
  if (!(await leave(context, first))) return;
  const session = `${context.prefix}${n + 2}`;
  const next = new Driver(context, { client: first.session, session, account }, first.copyJar());
  if (!(await next.enter())) return next.end('refused');
  await next.read();
  for (const one of probes) await next.read(one);
  for (const page of pages) await next.visit(page);
  await leave(context, next);
}

async function pair(context: Context, plan: Plan, n: number): Promise<void> {
  const users: Driver[] = [];
  for (const driver of [Driver.of(context, n), Driver.of(context, n + 1)]) {
    if (await enters(context, driver)) users.push(driver);
    else driver.end('refused');
  }
  const stranger = Driver.of(context, n + 2);
  for (let i = 0; i < ROUNDS && !over(context, plan); i++) await round(context, users, stranger, i);
  for (const driver of users) await leave(context, driver);
  stranger.end('over');
}

async function round(context: Context, users: Driver[], stranger: Driver, i: number): Promise<void> {
  const { signedIn, probes, login } = context.target;
  const paths = pagesOf(context.target);
  const path = paths[i % paths.length] as string;
  const probe = probes.find(({ read }) => read.path === path);
  // In half of the rounds the query is new, so that no cache can have stored the page for another user.
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
  // If a cache has stored a page or a cookie of a user, the cache sends it to the next client.
  await stranger.visit(path, { query });
  await stranger.visit(login.page);
}
