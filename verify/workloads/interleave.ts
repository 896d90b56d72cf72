/**
 * Workload interleave: tries to make an app show a user's canaries (unique values in private data) to a second user.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { abandon } from '../client/disconnect.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import { leave } from '../client/leave.ts';
import { privately } from '../client/probes.ts';
import type { Operation } from '../core/history/history.ts';
import type { Target } from '../target/load.ts';
import { late } from './late.ts';
import { head, pageForHead, provokeErrors } from './rare-requests.ts';
import { everywhere, inTurn, lasted, over, type Plan, type Workload } from './workload.ts';

const PAIRS = 3;
const ROUNDS = 12;
/** Minimum number of rounds, even after the deadline. */
const LEAST_ROUNDS = 8;
const SHARED = 3;
const HASTY = 2;
/** Number of browsers in which a late response arrives after a new login (late.ts). */
const LATE = 4;
const DEVICES = 3;
const ABANDONED = 10;

/** Statuses with which an app may refuse an unknown query. */
const UNKNOWN_QUERY: ReadonlySet<number> = new Set([400, 404, 422]);

export const interleave: Workload = {
  name: 'interleave',
  does: 'users and a client without a session open the same pages; users share a browser, disconnect early, and use two devices',
  feeds: ['isolation', 'private-responses'],
  run: async (context, plan) => {
    const parts = [
      ...Array.from({ length: PAIRS }, () => pair),
      ...Array.from({ length: SHARED }, () => shared),
      ...Array.from({ length: HASTY }, () => hasty),
      ...Array.from({ length: LATE }, () => late),
      ...Array.from({ length: DEVICES }, () => devices),
    ];
    // Each task uses up to three clients, so the n-th task begins with client 3·n.
    await inTurn(context, parts.length, 3, async (own, n) => parts[n]?.(own, plan, 3 * n), 2);
  },
};

/**
 * Disconnects before the response. An app may then reuse its store connection, so that the next user gets the store's
 * reply for this user.
 */
async function hasty(context: Context, plan: Plan, n: number): Promise<void> {
  const [leaver, other] = [Driver.of(context, n), Driver.of(context, n + 1)];
  if (leaver.account.label === other.account.label) return;
  if (!(await enters(context, leaver))) return leaver.end('refused');
  if (await enters(context, other)) {
    const paths = pagesOf(context.target);
    // Requests bypass the balancer if possible. The instance then notices the disconnect before the store has replied.
    const direct = context.instances.names().filter(name => context.instances.way(name) !== undefined);
    for (let i = 0; i < ROUNDS && !over(context, plan, i < LEAST_ROUNDS); i++) {
      const path = paths[i % paths.length] as string;
      const whole = lasted((await other.read()).operation);
      // On a busy machine, a timer often fires after the response. Half of the requests therefore need no timer.
      const moment = (n: number): number => (n % 2 === 0 ? 0 : context.random.next() * whole);
      const abandoned = Array.from({ length: ABANDONED }, (_, n) =>
        abandon(leaver, path, moment(n), {
          to: n < ABANDONED / 2 ? direct[(n >> 1) % direct.length] : undefined,
        }),
      );
      await Promise.all([
        ...abandoned,
        ...[undefined, ...direct].map(to => provokeErrors(context, leaver, { to })),
      ]);
      // Sends the next request on a connection to an instance, at the same time as the first read through the balancer.
      const next = other.read(undefined, { to: direct[i % direct.length] });
      for (const probe of context.target.probes) await other.read(probe);
      await next;
    }
    await leave(context, other);
  } else other.end('refused');
  await leave(context, leaver);
}

async function enters(context: Context, driver: Driver): Promise<boolean> {
  const probe = privately(context.target);
  if (!(await driver.enter())) return false;
  // Reads the first page of the session, because the write needs its form token.
  await driver.read(probe);
  if (probe !== undefined) await driver.write(probe);
  return true;
}

/** Logs out on one device. The user's session on a second device must not end. */
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
  for (let i = 0; i < ROUNDS / 4 && !over(context, plan, i === 0); i++)
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

/** Logs in a second user in the browser of a user who has logged out. No page must show the first user's data. */
async function shared(context: Context, _plan: Plan, n: number): Promise<void> {
  const { logout, probes, pages } = context.target;
  const account = context.account(n + 1);
  const first = Driver.of(context, n);
  // Skips the test if the target file has no logout, or only one user.
  if (logout === undefined || account.label === first.account.label) return;
  if (!(await enters(context, first))) return first.end('refused');
  const look = async (driver: Driver): Promise<void> => {
    await driver.read();
    for (const one of probes) await driver.read(one);
    for (const page of pages) await driver.visit(page);
  };
  // The browser stores these pages. For the next user, it asks the app whether the pages have changed.
  await look(first);
  if (!(await leave(context, first))) return;
  const session = `${context.prefix}${n + 2}`;
  const next = new Driver(context, { client: first.session, session, account }, first.browser);
  if (!(await next.enter())) return next.end('refused');
  await look(next);
  await leave(context, next);
}

async function pair(context: Context, plan: Plan, n: number): Promise<void> {
  const users: Driver[] = [];
  for (const driver of [Driver.of(context, n), Driver.of(context, n + 1)]) {
    if (await enters(context, driver)) users.push(driver);
    else driver.end('refused');
  }
  const stranger = Driver.of(context, n + 2);
  const strict = new Set<string>();
  const [first] = users;
  const headPage = first && pageForHead(context, first);
  for (let i = 0; i < ROUNDS && !over(context, plan, i < LEAST_ROUNDS); i++)
    await round(context, { users, stranger, strict, headPage }, i);
  for (const driver of users) await leave(context, driver);
  stranger.end('over');
}

/** `strict`: pages that refuse unknown queries. */
interface Guests {
  users: Driver[];
  stranger: Driver;
  strict: Set<string>;
  headPage: ReturnType<typeof pageForHead> | undefined;
}

async function round(
  context: Context,
  { users, stranger, strict, headPage }: Guests,
  i: number,
): Promise<void> {
  const { signedIn, probes, login } = context.target;
  const paths = pagesOf(context.target);
  const path = paths[i % paths.length] as string;
  const probe = probes.find(({ read }) => read.path === path);
  // Half of the rounds use a new query, so that no cache has the page.
  const fresh = i % (2 * paths.length) < paths.length && !strict.has(path);
  const query = fresh ? `baton=${Math.floor(context.random.next() * 1e9)}` : '';
  const read = async (user: Driver, how: How): Promise<Operation> =>
    probe === undefined && path !== signedIn.page
      ? user.visit(path, { ...how, query })
      : (await user.read(probe, { ...how, query })).operation;
  const barrier = i % 2 === 0 ? undefined : new Barrier(users.length);
  const seen: Operation[] = [];
  if (barrier === undefined) for (const user of users) seen.push(await read(user, {}));
  else seen.push(...(await Promise.all(users.map(user => read(user, { held: barrier.place() })))));
  if (fresh && seen.some(({ status }) => UNKNOWN_QUERY.has(status ?? 0))) strict.add(path);
  // Opens the page without a session. A cache that has stored a user's page or cookie would send it.
  const heads = users.map(user => head(user, headPage, {}));
  await stranger.visit(path, { query });
  await stranger.visit(login.page);
  await Promise.all(heads);
}
