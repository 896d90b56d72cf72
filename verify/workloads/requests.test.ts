/** Tests which requests the workloads send to a small app whose session cookie names the instance. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import type { Context, Growth } from '../client/context.ts';
import { TEXTS, type Text } from '../client/texts.ts';
import type { Operation } from '../core/history/history.ts';
import { UsageError } from '../errors.ts';
import { planOf } from '../plan.ts';
import { record } from '../recording.ts';
import { parseTarget } from '../target/load.ts';
import { age } from './age.ts';
import { audit } from './audit.ts';
import { coldBurst } from './cold-burst.ts';
import { fixation } from './fixation.ts';
import { hopAt } from './hop.ts';
import { interleave } from './interleave.ts';
import { logoutRace } from './logout-race.ts';
import { perform } from './perform.ts';
import type { Workload } from './workload.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Maximum duration of a workload, milliseconds: longer than any test. It ends earlier when `enough` returns true. */
const DURATION = 60_000;
/** Number of operations after the last allowed text. If the limit did not work, these would write more texts. */
const MORE = 200;
const NUMBER = /^\d{18}$/;

interface App {
  url: string;
  /** Returns the maximum number of texts of 18 digits in any session so far. */
  most(): number;
  /** Returns the number of requests for the page `/`. */
  reads(): number;
  /** Returns the number of HEAD requests that the app has not refused. */
  heads(): number;
  /** Returns the number of requests that a client has cut off. */
  cutOff(): number;
  /** Returns the number of requests for pages that do not exist. */
  missing(): number;
  /** Returns the number of requests that asked whether the page of another session has changed. */
  foreign(): number;
}

/**
 * Starts the app.
 *
 * @param options.remembers if true, the app also sets a remember-me cookie
 * @param options.compares if true, the app needs a second cookie, and ends a session whose cookies do not fit together
 * @param options.moves if true, each page moves the session from one cookie to two, or back
 * @param options.refuses a method that the app refuses
 */
async function started({
  remembers = false,
  compares = false,
  moves = false,
  refuses = '',
} = {}): Promise<App> {
  let [reads, heads, cutOff, missing] = [0, 0, 0, 0];
  let foreign = 0;
  const sessions = new Map<string, string[]>();
  let most = 0;
  const server = createServer(async (request, response) => {
    const { method, url = '', headers } = request;
    if (url === '/') reads++;
    const sent = (name: string): string => new RegExp(`${name}=(\\w+)`).exec(headers.cookie ?? '')?.[1] ?? '';
    const id = [sent('sid'), sent('head') + sent('tail')].find(one => sessions.has(one)) ?? sent('remember');
    if (compares && sent('auth') !== id) sessions.delete(id);
    const notes = sessions.get(id);
    if (url === '/login' && method === 'GET') return response.end('<form></form>');
    if (url === '/login') {
      const own = randomBytes(16).toString('hex');
      sessions.set(own, []);
      // Like Jetty, the app ignores the name of the instance at the end of its session cookie.
      const remember = remembers ? [`remember=${own}; Path=/`] : [];
      const auth = compares ? [`auth=${own}; Path=/`] : [];
      response.setHeader('set-cookie', [`sid=${own}.instance-number-1; Path=/`, ...remember, ...auth]);
      return response.writeHead(303, { location: '/' }).end();
    }
    if (notes === undefined) return response.writeHead(401).end();
    if (moves) {
      const parts = [`head=${id.slice(0, 9)}; Path=/`, `tail=${id.slice(9)}; Path=/`];
      const whole = [`sid=${id}; Path=/`, 'head=; Path=/; Max-Age=0', 'tail=; Path=/; Max-Age=0'];
      response.setHeader('set-cookie', sent('sid') === id ? [...parts, 'sid=; Path=/; Max-Age=0'] : whole);
    }
    if (method === refuses) return response.writeHead(405).end();
    if (method === 'HEAD') heads++;
    if (url.endsWith('/no-such-page')) missing++;
    if (url === '/logout') sessions.delete(id);
    if (url === '/logout-all') sessions.clear();
    if (url === '/') response.setHeader('etag', id);
    if (url === '/' && ![undefined, id].includes(headers['if-none-match'])) foreign++;
    const body = await text(request).catch(() => {
      cutOff++;
    });
    if (body === undefined) return response.destroy();
    if (method === 'POST') notes.push(new URLSearchParams(body).get('text') ?? '');
    most = Math.max(most, notes.filter(note => NUMBER.test(note)).length);
    if (method === 'DELETE') notes.splice(notes.indexOf(decodeURIComponent(url.slice('/notes/'.length))), 1);
    return response.end(
      `<p data-user="alice">${method === 'GET' ? notes.map(note => `<li>${note}</li>`).join('') : ''}`,
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    most: () => most,
    reads: () => reads,
    heads: () => heads,
    cutOff: () => cutOff,
    missing: () => missing,
    foreign: () => foreign,
  };
}

function recorded(
  url: string,
  added = () => {},
  claims = ['continuity'],
  more: object = {},
): { context: Context; operations: Operation[] } {
  const target = parseTarget(
    JSON.stringify({
      version: 1,
      name: 'small',
      url,
      accounts: [{ user: 'alice', password: 'x' }],
      login: { path: '/login', page: '/login', form: {} },
      logout: { path: '/logout' },
      signedIn: { page: '/', user: 'data-user="(.*?)"' },
      probes: [
        {
          object: 'notes',
          kind: 'bag',
          scope: 'session',
          read: { path: '/notes', items: '<li>(.*?)</li>' },
          add: { path: '/notes', form: { text: '{value}' } },
          remove: { path: '/notes/{value}', method: 'DELETE' },
        },
      ],
      claims,
      ...more,
    }),
    'small',
    {},
  );
  const out = mkdtempSync(join(tmpdir(), 'baton-requests-'));
  ends.push(() => rmSync(out, { recursive: true }));
  const operations: Operation[] = [];
  const onOperation = (operation: Operation): void => {
    operations.push(operation);
    added();
  };
  const plan = planOf(target, { seed: 1, out, onOperation });
  const { context, close } = record(plan);
  ends.push(() => close('complete'));
  context.interpreter.sessionCookies = ['sid'];
  return { context, operations };
}

interface Until {
  growth?: Growth;
  duration?: number;
  /** Further keys of the target file. */
  more?: object;
  /** Returns true if the operations so far suffice. The workload then ends. */
  enough?(operations: readonly Operation[]): boolean;
}

async function operationsOf(
  url: string,
  workload: Workload,
  { growth, duration = DURATION, more = {}, enough = () => false }: Until = {},
): Promise<Operation[]> {
  const added = () => {
    if (enough(operations)) plan.deadline = 0;
  };
  const { context, operations } = recorded(url, added, ['continuity'], more);
  const loadEnds = context.recorder.clock.now() + duration * 1000;
  const plan = { sessions: 1, deadline: loadEnds, loadEnds };
  const own = growth === undefined ? context : { ...context, growth };
  await workload.run(own, plan);
  return operations;
}

it('interleave sends at least eight rounds of reads in each of its three pairs although the time is over', async () => {
  const { url } = await started();
  const reads = new Map<string, number>();
  for (const { action, session } of await operationsOf(url, interleave, { duration: 0 }))
    if (action === 'read') reads.set(session, (reads.get(session) ?? 0) + 1);
  expect([...reads.values()].filter(count => count >= 8).length).toBeGreaterThanOrEqual(6);
});

it('interleave disconnects half of the early disconnects from an instance itself, not from the balancer', async () => {
  const [{ url }, instance] = [await started(), await started()];
  const { context } = recorded(url, () => {}, ['continuity'], {
    accounts: ['alice', 'bob'].map(user => ({ user, password: 'x' })),
    instance: { header: 'x-instance', addresses: { one: instance.url } },
  });
  await interleave.run(context, { sessions: 1, deadline: 0, loadEnds: 0 });
  // Two users disconnect in at least eight rounds. Four of these rounds use this page, and disconnect from the instance
  // five times.
  expect(instance.reads()).toBeGreaterThanOrEqual(2 * 4 * 5);
});

it('interleave asks for the pages that a browser has kept of its first user when a second user has logged in', async () => {
  const { url, foreign } = await started();
  const accounts = ['alice', 'bob'].map(user => ({ user, password: 'x' }));
  const { context } = recorded(url, () => {}, ['continuity'], { accounts });
  await interleave.run(context, { sessions: 1, deadline: 0, loadEnds: 0 });
  // Three browsers have two users each.
  expect(foreign()).toBeGreaterThanOrEqual(3);
});

it('fixation, audit and cold-burst send what a verdict needs although the time is over, as on a slow machine', async () => {
  const { url } = await started();
  const fixed = await operationsOf(url, fixation, { duration: 0 });
  const replayed = fixed.filter(one => one.with === 'invented' && one.action === 'read');
  expect(new Set(replayed.map(({ session }) => session)).size).toBe(3);
  const changed = await operationsOf(url, audit, { duration: 0 });
  expect(changed.filter(one => one.with === 'forged').length).toBeGreaterThanOrEqual(10);
  const cold = await operationsOf(url, coldBurst, { duration: 0 });
  expect(cold.filter(one => one.action === 'login' && one.outcome === 'ok')).toHaveLength(3);
});

it('audit and age send a changed cookie alone if another cookie signs in by itself', async () => {
  const { url } = await started({ remembers: true });
  const forgedOf = (all: readonly Operation[]) => all.filter(one => one.with === 'forged');
  const enough = (all: readonly Operation[]): boolean => forgedOf(all).length > 10;
  for (const [workload, until] of [
    [audit, { duration: 0 }],
    [age, { enough }],
  ] as const) {
    const forged = forgedOf(await operationsOf(url, workload, until));
    expect(forged.length).toBeGreaterThanOrEqual(10);
    expect(new Set(forged.map(({ signedIn }) => signedIn))).toEqual(new Set(['out']));
  }
});

it('audit and age send a changed cookie alone if the app has moved the session to other cookies', async () => {
  const { url } = await started({ moves: true });
  const forgedOf = (all: readonly Operation[]) => all.filter(one => one.with === 'forged');
  for (const workload of [audit, age]) {
    const { context, operations } = recorded(url, () => {
      if (workload === age && forgedOf(operations).length > 30) plan.deadline = 0;
    });
    context.interpreter.sessionCookies = ['sid', 'head', 'tail'];
    const loadEnds = context.recorder.clock.now() + (workload === age ? DURATION * 1000 : 0);
    const plan = { sessions: 1, deadline: loadEnds, loadEnds };
    await workload.run(context, plan);
    const forged = forgedOf(operations);
    expect(forged.length).toBeGreaterThanOrEqual(10);
    expect(new Set(forged.map(({ signedIn }) => signedIn))).toEqual(new Set(['out']));
  }
});

it('audit and age judge no session that the app has ended because its changed cookies did not fit together', async () => {
  for (const workload of [audit, age]) {
    const { url } = await started({ compares: true });
    const forgedOf = (all: readonly Operation[]) => all.filter(one => one.with === 'forged');
    const { context, operations } = recorded(url, () => {
      if (workload === age && forgedOf(operations).length > 30) plan.deadline = 0;
    });
    context.interpreter.sessionCookies = ['sid', 'auth'];
    const loadEnds = context.recorder.clock.now() + (workload === age ? DURATION * 1000 : 0);
    const plan = { sessions: 1, deadline: loadEnds, loadEnds };
    await workload.run(context, plan);
    const forged = forgedOf(operations);
    expect(forged.length).toBeGreaterThanOrEqual(20);
    expect(new Set(forged.map(({ session }) => session)).size).toBeGreaterThanOrEqual(8);
    expect(new Set(forged.map(({ signedIn }) => signedIn))).toEqual(new Set(['out']));
    const left = new Map(
      operations.flatMap(one => (one.action === 'logout' ? [[one.session, one.call]] : [])),
    );
    // A read in flight during a logout may be signed out.
    const lives = ({ session, return: end = Number.POSITIVE_INFINITY }: Operation): boolean =>
      end < (left.get(session) ?? Number.POSITIVE_INFINITY);
    const own = operations.filter(one => one.with === undefined && one.action === 'read' && lives(one));
    expect(own.filter(({ signedIn }) => signedIn === 'out').map(({ session }) => session)).toEqual([]);
  }
});

it('replays the cookie of every session that has logged out at the end, if logout-final is claimed', async () => {
  const { url } = await started();
  const replayedOf = async (claims: string[]): Promise<[number, number]> => {
    const { context, operations } = recorded(url, () => {}, claims);
    await perform(context, ['hop', 'cold-burst'], { sessions: 4, duration: 100 });
    const out = operations.filter(({ action, outcome }) => action === 'logout' && outcome === 'ok');
    const last = Math.max(...out.map(({ return: end = 0 }) => end));
    const again = operations.filter(one => one.with === 'old' && one.call >= last);
    return [out.length, new Set(again.map(({ session }) => session)).size];
  };
  const [logouts, replayed] = await replayedOf(['logout-final']);
  expect(logouts).toBeGreaterThanOrEqual(3);
  expect(replayed).toBe(logouts);
  expect((await replayedOf(['continuity']))[1]).toBe(0);
});

it('hop sends no login after the end of the load, and says how many clients did not log in', async () => {
  const { url } = await started();
  let logins = 0;
  const { context, operations } = recorded(url, () => {
    if (operations.at(-1)?.action !== 'login') return;
    logins++;
    plan.deadline = 0;
  });
  const plan = { sessions: 5, deadline: Number.POSITIVE_INFINITY };
  // The app needs 9 s for a login, so only two logins are sent at the same time.
  (await context.logins.turn('ready'))(9_000);
  const remarks: string[] = [];
  context.recorder.remark = text => remarks.push(text);
  await hopAt({ pause: 0 }).run(context, plan);
  expect(logins).toBe(2);
  expect(remarks.join()).toContain('3 of 5 clients of `hop` did not log in');
});

it('an error of one workload, such as a mailbox that cannot be read, ends all workloads and is thrown', async () => {
  const { context, operations } = recorded((await started()).url);
  let clients = 0;
  const { connect } = context;
  context.connect = () => {
    if (++clients > 4) throw new UsageError('mail.url: no mailbox');
    return connect();
  };
  const run = perform(context, ['hop', 'cold-burst'], { sessions: 9, duration: 60_000 });
  await expect(run).rejects.toThrow('mail.url: no mailbox');
  const { length } = operations;
  await new Promise(resolve => setImmediate(resolve));
  expect(operations.length).toBe(length);
});

it('age changes no part of a cookie that names the instance', async () => {
  const forgedOf = (all: readonly Operation[]) => all.filter(one => one.with === 'forged');
  const { url } = await started();
  const forged = forgedOf(await operationsOf(url, age, { enough: all => forgedOf(all).length > 10 }));
  expect(forged.length).toBeGreaterThan(10);
  expect(new Set(forged.map(({ signedIn }) => signedIn))).toEqual(new Set(['out']));
});

it('age and interleave send requests that fail: for missing pages, and cut off before their last byte', async () => {
  for (const workload of [age, interleave]) {
    const { url, cutOff, missing } = await started();
    const more = { accounts: ['alice', 'bob'].map(user => ({ user, password: 'x' })) };
    await operationsOf(url, workload, { more, enough: () => missing() > 0 && cutOff() > 0 });
    expect([workload.name, missing() > 0, cutOff() > 0]).toEqual([workload.name, true, true]);
  }
});

it('age and interleave send HEAD as well as GET for the page of the user, unless the app refuses HEAD', async () => {
  for (const workload of [age, interleave]) {
    const { url, heads } = await started();
    const operations = await operationsOf(url, workload, { enough: () => heads() > 5 });
    expect(heads()).toBeGreaterThan(5);
    const seen = operations.filter(one => one.signedIn === undefined && one.path === '/');
    expect(new Set(seen.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));

    const refusing = await started({ refuses: 'HEAD' });
    await operationsOf(refusing.url, workload, { enough: ({ length }) => length > 200 });
    expect(refusing.heads()).toBe(0);
  }
});

const EVERYWHERE = { path: '/logout-all' };

it('logout-race logs a user out everywhere although the time is over, as on a slow machine', async () => {
  const { url } = await started();
  const operations = await operationsOf(url, logoutRace, {
    duration: 0,
    more: { logoutEverywhere: EVERYWHERE },
  });
  expect(operations.filter(({ action }) => action === 'logout-all')).toHaveLength(1);
});

it('age logs some users out on both of their devices, and tries the cookies of both', async () => {
  const { url } = await started();
  const replayed = (all: readonly Operation[]): number => {
    const ended = all.find(({ action }) => action === 'logout-all');
    const late = all.filter(one => ended !== undefined && one.user === ended.user && one.call > ended.call);
    return new Set(late.filter(one => one.with === 'old').map(({ session }) => session)).size;
  };
  const more = { accounts: [{ user: 'user{n}', password: 'x', count: 400 }], logoutEverywhere: EVERYWHERE };
  const operations = await operationsOf(url, age, { more, enough: all => replayed(all) === 2 });
  expect(replayed(operations)).toBe(2);
});

it('age writes a text outside ASCII into each session that can hold one, and so the pages show it', async () => {
  const { url } = await started();
  const growth = { longest: 0, total: 2_000, refused: false, texts: TEXTS.map(([text]) => text as Text) };
  const showing = (all: readonly Operation[]): number =>
    all.filter(({ saw = [] }) => saw.some(value => value.includes('Grüße'))).length;
  const operations = await operationsOf(url, age, { growth, enough: all => showing(all) > 10 });
  expect(showing(operations)).toBeGreaterThan(10);
});

it('audit grows a later session of a user, after an earlier one has ended', async () => {
  const { url } = await started();
  const accounts = [{ user: 'user{n}', password: 'x', count: 400 }];
  const { context, operations } = recorded(url, () => {}, ['continuity'], { accounts });
  await audit.run(
    { ...context, growth: { longest: 0, total: 2_000, refused: false } },
    {
      sessions: 1,
      deadline: Number.POSITIVE_INFINITY,
    },
  );
  const [grown] = [...Map.groupBy(operations, ({ session }) => session).values()].sort(
    (a, b) =>
      b.filter(({ action }) => action === 'add').length - a.filter(({ action }) => action === 'add').length,
  );
  const begun = grown?.[0]?.call ?? 0;
  const before = operations.filter(({ user, call }) => user === grown?.[0]?.user && call < begun);
  expect(before.map(({ action }) => action)).toEqual(expect.arrayContaining(['login', 'read', 'logout']));
});

it('hop writes only a few texts that it cannot remove, because their name is in the path', async () => {
  const { url, most } = await started();
  const texts = TEXTS.flat().filter(({ of }) => NUMBER.test(of('b1.alice.s1.1.abcd1234')));
  const growth = { longest: 0, total: 2_000, refused: false, texts };
  let reached = Number.POSITIVE_INFINITY;
  const enough = ({ length }: readonly Operation[]): boolean => {
    if (most() >= 8) reached = Math.min(reached, length);
    return length >= reached + MORE;
  };
  await operationsOf(url, hopAt({ pause: 0 }), { growth, enough });
  expect(most()).toBe(8);
});

it('cold-burst lets each of its users log in more than once', async () => {
  const { url } = await started();
  const { context } = recorded(url);
  const users = new Map<number, number>();
  const account: Context['account'] = n => {
    users.set(n, (users.get(n) ?? 0) + 1);
    return context.account(n);
  };
  await coldBurst.run({ ...context, account }, { sessions: 1, deadline: Number.POSITIVE_INFINITY });
  expect(users.size).toBeGreaterThan(1);
  expect(Math.min(...users.values())).toBeGreaterThan(1);
});
