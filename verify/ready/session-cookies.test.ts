/** Tests the search for session cookies with small apps that set several cookies. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Network } from '../client/network.ts';
import { SessionClient } from '../client/session-client.ts';
import { Interpreter } from '../core/response/interpret.ts';
import { seeded } from '../random.ts';
import { parseTarget } from '../target/load.ts';
import { sessionCookies } from './session-cookies.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Answer {
  signedIn: boolean;
  user?: string;
  instance?: string;
  set?: Record<string, string>;
}

type Cookies = Record<string, string | undefined>;

const cookiesOf = ({ headers }: IncomingMessage): Cookies =>
  Object.fromEntries((headers.cookie ?? '').split('; ').map(pair => pair.split('=')));

async function found(
  answer: (cookies: Cookies) => Answer,
  own: Record<string, string>,
  other?: Record<string, string>,
  ...again: Record<string, string>[]
): Promise<string[]> {
  const server = createServer((request, response) => {
    const { signedIn, user = 'alice', instance, set = {} } = answer(cookiesOf(request));
    for (const [name, value] of Object.entries(set)) response.appendHeader('Set-Cookie', `${name}=${value}`);
    if (instance !== undefined) response.setHeader('X-Instance', instance);
    response.end(signedIn ? `<p data-user="${user}">` : '<form>');
  }).listen(0, '127.0.0.1');
  ends.push(() => server.close());
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const target = parseTarget(
    JSON.stringify({
      version: 1,
      name: 'small',
      url: `http://127.0.0.1:${port}`,
      accounts: [{ user: 'alice', password: 'x' }],
      login: { page: '/login', path: '/login', form: {} },
      signedIn: { page: '/', user: 'data-user="(.*?)"' },
      instance: { header: 'x-instance' },
      claims: ['continuity'],
    }),
    'small',
    {},
  );
  const network = new Network(target);
  ends.unshift(() => network.close());
  const connect = () => new SessionClient(network);
  const reading = {
    label: () => 'l',
    userLabel: (name: string) => name,
    canary: 'b',
    decode: (html: string) => html,
  };
  const holding = (cookies: Record<string, string>): SessionClient => {
    const client = connect();
    for (const [name, value] of Object.entries(cookies)) client.put(name, value);
    return client;
  };
  return sessionCookies(
    {
      target,
      connect,
      interpreter: new Interpreter(target, reading),
      random: seeded(1),
      signal: new AbortController().signal,
    },
    holding(own),
    {
      other: () => Promise.resolve(other && holding(other)),
      again: async () => {
        const next = again.shift();
        return next && holding(next);
      },
    },
  );
}

/** A balancer with the affinity cookie `route`. Clients without it reach app-2. Only app-1 knows sessions. */
const sticky =
  (named: boolean) =>
  ({ route, sid }: Cookies): Answer => {
    const known = route?.startsWith('app-');
    const to = known
      ? (route as string).slice(0, 5)
      : sid === undefined && ++strangers % 2 === 0
        ? 'app-1'
        : 'app-2';
    return {
      signedIn: to === 'app-1' && sid === 'alices',
      ...(named && { instance: to }),
      set: {
        ...(!known && { route: `${to}.${randomUUID()}` }),
        ...(sid === undefined && { sid: randomUUID() }),
      },
    };
  };
let strangers = 0;

it.each([true, false])(
  'a route cookie carries no session, though without it the session is not found (instances named: %s)',
  async named => {
    expect(await found(sticky(named), { route: 'app-1.x', sid: 'alices' })).toEqual(['sid']);
  },
);

it('if the app needs two cookies, both carry the session, whatever cookies signed-out clients get', async () => {
  const both = ({ sid, signature }: Cookies): Answer => ({
    signedIn: sid === 'alices' && signature === 'of alices',
    set: sid === undefined ? { sid: 'new', signature: 'of new' } : {},
  });
  expect(await found(both, { sid: 'alices', signature: 'of alices' })).toEqual(['sid', 'signature']);
});

it('a cookie that only logged-in clients get carries the session, and a counter does not', async () => {
  const late = ({ token }: Cookies): Answer => ({
    signedIn: token === 'alices',
    set: { visits: randomUUID() },
  });
  expect(await found(late, { token: 'alices', visits: '1' })).toEqual(['token']);
});

it('a form token does not count as the session, even if it is the only cookie left', async () => {
  const lost = ({ sid }: Cookies): Answer => ({ signedIn: sid !== undefined, set: { csrf: randomUUID() } });
  expect(await found(lost, { csrf: 'x' })).toEqual([]);
});

it('a second cookie that the app requires, and that is the same for every user, carries no session', async () => {
  const users: Cookies = { a1: 'alice', b2: 'bob' };
  const both = ({ sid = '', logged_in: flag }: Cookies): Answer => ({
    signedIn: flag === '1' && users[sid] !== undefined,
    user: users[sid] ?? '',
  });
  expect(await found(both, { sid: 'a1', logged_in: '1' }, { sid: 'b2', logged_in: '1' })).toEqual(['sid']);
});

it('an id and its signature both carry the session, though another user has both', async () => {
  const users: Cookies = { 'a1 of a1': 'alice', 'b2 of b2': 'bob' };
  const signed = ({ sid, signature }: Cookies): Answer => {
    const user = users[`${sid} of ${signature?.slice(4)}`];
    return { signedIn: user !== undefined, user: user ?? '' };
  };
  const own = { sid: 'a1', signature: 'sig-a1' };
  expect(await found(signed, own, { sid: 'b2', signature: 'sig-b2' })).toEqual(['sid', 'signature']);
});

it('a second cookie with the id of the user, which the app compares with the session, carries no session', async () => {
  const users: Cookies = { a1: 'alice', a2: 'alice', b1: 'bob' };
  const both = ({ sid = '', user_id: user }: Cookies): Answer => ({
    signedIn: user !== undefined && users[sid] === user,
    user: user ?? '',
  });
  const sessions = ['a1 alice', 'b1 bob', 'a2 alice'].map(one => {
    const [sid = '', user = ''] = one.split(' ');
    return { sid, user_id: user };
  });
  const [own = {}, other, again] = sessions;
  expect(await found(both, own, other, again as Record<string, string>)).toEqual(['sid']);
  expect(await found(both, own, other)).toEqual(['sid', 'user_id']);
});

it('each of two cookies that suffice alone carries the session: one of them remembers the user', async () => {
  const either = ({ sid, remember }: Cookies): Answer => ({
    signedIn: sid === 'alices' || remember === 'alice',
    set: { visits: randomUUID() },
  });
  const own = { sid: 'alices', remember: 'alice', visits: '1' };
  expect(await found(either, own)).toEqual(['sid', 'remember']);
});

it('all cookies that the app needs carry the session, though it ends a session when one of them is missing', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const live = new Set(ids);
  // Like phpMyAdmin: the page of the login ends the session of the client.
  const checked = ({ lang, user, sid = '', auth }: Cookies): Answer => {
    const signedIn = live.has(sid) && user === `of ${sid}` && auth === `for ${sid}`;
    if (!signedIn) live.delete(sid);
    return { signedIn, set: lang === undefined ? { lang: 'en' } : {} };
  };
  const all = ids.map(id => ({ lang: 'en', user: `of ${id}`, sid: id, auth: `for ${id}` }));
  const [own = {}, ...again] = all;
  expect(await found(checked, own, undefined, ...(again as Record<string, string>[]))).toEqual([
    'user',
    'sid',
    'auth',
  ]);
});
