import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../stack/redis.ts';
import { Browser, type Dashboard } from './testing/browser.ts';
import { startInProcess, type TestInstance } from './testing/instance.ts';

const PASSWORD = 'correct-horse-battery';
const JSON_VIEW = { accept: 'application/json' };
const HTTPS = { 'x-forwarded-proto': 'https' };

let server: RedisServer;
let one: TestInstance;
let two: TestInstance;

beforeAll(async () => {
  server = await startRedis();
  [one, two] = (await Promise.all(
    ['app-1', 'app-2'].map(id => startInProcess(server.url, { env: { INSTANCE_ID: id } })),
  )) as [TestInstance, TestInstance];
});

afterAll(async () => {
  await one?.close();
  await two?.close();
  await server?.dispose();
});

const visitor = () => new Browser(one.url, two.url);

async function signedIn(user: string): Promise<Browser> {
  const browser = visitor();
  await browser.signIn(user);
  return browser;
}

describe('every response', () => {
  test.each(['/', '/login', '/market', '/healthz', '/style.css', '/nowhere', '/dashboard'])(
    'names instance and request: %s',
    async path => {
      const answer = await new Browser(one.url).get(path, { 'x-request-id': 'given-1.2_3' });
      expect(answer.headers.get('x-instance-id')).toBe('app-1');
      expect(answer.headers.get('x-request-id')).toBe('given-1.2_3');
    },
  );

  test('gets a request id of its own when the one given could forge a log line', async () => {
    const answer = await visitor().get('/', { 'x-request-id': 'a b' });
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w.-]{36}$/);
  });

  test.each(['/', '/login', '/register', '/market', '/nowhere'])(
    'that is a page says who served it: %s',
    async path => {
      const { text } = await new Browser(two.url).get(path);
      expect(text).toMatch(/<footer data-instance="app-2">.*served by app-2.*<\/footer>/);
      expect(text).not.toContain('data-user');
    },
  );
});

describe('a visitor', () => {
  test.each(['/', '/market', '/style.css', '/healthz', '/readyz', '/nowhere'])(
    'gets no cookie at all from %s',
    async path => {
      expect((await visitor().get(path)).setCookies).toEqual([]);
    },
  );

  test('who opens the login form gets a token cookie, but no session', async () => {
    const { setCookies } = await visitor().get('/login');
    expect(setCookies).toHaveLength(1);
    expect(setCookies[0]).toMatch(/^csrf=[\w.]+; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test('is sent to the login form, or told 401', async () => {
    const page = await visitor().get('/dashboard');
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login']);
    const answer = await visitor().post('/basket/items', { item: 'x' }, JSON_VIEW);
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text).error).toContain('/login');
  });
});

describe('signing in', () => {
  test('redirects to the dashboard, with a session cookie and nothing that may be cached', async () => {
    const browser = visitor();
    await browser.read('/login');
    const answer = await browser.post('/login', { email: ' Alice@Example.test ', password: PASSWORD });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/dashboard']);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    const cookie = answer.setCookies.find(line => line.startsWith('sid='));
    expect(cookie).toMatch(/^sid=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
    const page = await browser.get('/dashboard');
    expect(page.text).toContain('<body data-user="alice@example.test">');
    expect(page.text).toContain('data-balance="1000"');
    expect(page.headers.get('cache-control')).toBe('private, no-store');
  });

  test.each([
    ['a wrong password', 'alice@example.test', 'wrong', 401],
    ['an unknown address', 'nobody@example.test', PASSWORD, 401],
    ['no address', '', PASSWORD, 422],
    ['no password', 'alice@example.test', '', 422],
  ])('is refused with the form for %s', async (_what, email, password, status) => {
    const browser = visitor();
    await browser.read('/login');
    const answer = await browser.post('/login', { email, password });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('role="alert"');
    expect(answer.text).toContain('name="_csrf"');
    expect(await browser.cookie('sid')).toBeUndefined();
  });

  test('gives a new id, and the old one is dead', async () => {
    const browser = await signedIn('bob');
    const before = await browser.cookie('sid');
    await browser.signIn('bob');
    const after = await browser.cookie('sid');
    expect(after).not.toBe(before);
    const old = await visitor().get('/dashboard', { cookie: `sid=${before}` });
    expect([old.status, old.headers.get('location')]).toEqual([303, '/login']);
  });

  test('ignores an id that somebody planted', async () => {
    const browser = visitor();
    await browser.jar.setCookie('sid=s%3Aplanted.signature', one.url);
    await browser.signIn('bob');
    expect(await browser.cookie('sid')).not.toContain('planted');
  });

  test('over https uses a Secure __Host- cookie, and only that', async () => {
    const browser = visitor();
    await browser.read('/login', HTTPS);
    const answer = await browser.post('/login', { email: 'bob@example.test', password: PASSWORD }, HTTPS);
    expect(answer.setCookies.map(line => line.split('=')[0]).sort()).toEqual(['__Host-csrf', '__Host-sid']);
    for (const line of answer.setCookies) expect(line).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect((await browser.get('/dashboard', HTTPS)).status).toBe(200);
  });

  test('over https as only an untrusted proxy says does not', async () => {
    const strict = await startInProcess(server.url, { env: { TRUST_PROXY: 'false' } });
    const browser = new Browser(strict.url);
    const answer = await browser.get('/login', HTTPS);
    expect(answer.setCookies[0]).toMatch(/^csrf=/);
    await strict.close();
  });
});

describe('registering', () => {
  test('signs in, with 1,000 credits', async () => {
    const browser = visitor();
    await browser.read('/register');
    const answer = await browser.post('/register', {
      email: 'eve@example.test',
      name: 'Eve <b>',
      password: 'long enough',
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/dashboard']);
    expect((await browser.dashboard()).balance).toBe(1000);
    expect((await browser.get('/dashboard')).text).toContain('Eve &lt;b&gt;');
  });

  test.each([
    ['a short password', { email: 'new@example.test', name: 'N', password: 'short' }, 422],
    ['a malformed address', { email: 'new', name: 'N', password: 'long enough' }, 422],
    ['a taken address', { email: 'alice@example.test', name: 'N', password: 'long enough' }, 409],
  ])('is refused for %s', async (_what, fields, status) => {
    const browser = visitor();
    await browser.read('/register');
    expect((await browser.post('/register', fields)).status).toBe(status);
  });
});

describe('signing out', () => {
  test('ends the session everywhere and clears the cookie', async () => {
    const browser = await signedIn('carol');
    const cookie = `sid=${await browser.cookie('sid')}`;
    const answer = await browser.post('/logout');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login']);
    expect(await browser.cookie('sid')).toBeUndefined();
    for (const { url } of [one, two])
      expect((await new Browser(url).get('/dashboard', { cookie })).status).toBe(303);
  });
});

describe('forms', () => {
  test('without the right token change nothing, and say what to do', async () => {
    const browser = await signedIn('carol');
    for (const token of ['', 'wrong', 'a.b']) {
      const answer = await browser.post('/basket/items', { item: 'forged', _csrf: token });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('reload the page');
    }
    expect((await browser.dashboard()).basket).toEqual([]);
  });

  test("do not take another session's token", async () => {
    const [carol, dave] = [await signedIn('carol'), await signedIn('dave')];
    const { csrf } = await dave.dashboard();
    await carol.jar.setCookie(`csrf=${csrf}; Path=/`, one.url);
    expect((await carol.post('/basket/items', { item: 'forged', _csrf: csrf })).status).toBe(403);
  });

  test('take the token as a header too', async () => {
    const browser = await signedIn('carol');
    const { csrf } = await browser.dashboard();
    const headers = { ...JSON_VIEW, 'x-csrf-token': csrf, 'content-type': 'application/json' };
    const body = JSON.stringify({ item: 'by header' });
    const answer = await browser.request('/basket/items', { method: 'POST', headers, body });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([201, { basket: ['by header'] }]);
  });

  test('of pages loaded in parallel right after the login all work', async () => {
    const browser = visitor();
    await browser.read('/login');
    await browser.post('/login', { email: 'dave@example.test', password: PASSWORD });
    const pages = await Promise.all([1, 2, 3].map(() => browser.read<Dashboard>('/dashboard')));
    expect(new Set(pages.map(page => page.csrf)).size).toBe(1);
  });

  test.each([
    ['text that is no JSON', 'application/json', '{', 400],
    ['more than 64 kB', 'application/x-www-form-urlencoded', `item=${'x'.repeat(70_000)}`, 413],
  ])('with %s are refused', async (_what, type, body, status) => {
    const answer = await visitor().request('/login', {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('<footer data-instance="app-1">');
  });
});

describe('the basket', () => {
  test('keeps items across instances, oldest first, and forgets those that are removed', async () => {
    const browser = await signedIn('user1');
    for (const item of ['zebra', "d'Arc", 'Ünïcode 1.0_-', '__proto__']) {
      expect((await browser.post('/basket/items', { item })).status).toBe(303);
    }
    await browser.post('/basket/remove', { item: 'zebra' });
    expect((await browser.dashboard()).basket).toEqual(["d'Arc", 'Ünïcode 1.0_-', '__proto__']);
    const { text } = await browser.get('/dashboard');
    expect(text).toContain('<li data-item="d&#39;Arc">');
  });

  test.each(['', 'x'.repeat(65), '<script>', 'a\nb'])('refuses the inscription %j', async item => {
    const browser = await signedIn('user2');
    expect((await browser.post('/basket/items', { item })).status).toBe(422);
  });

  test('loses none of 100 items added in parallel over two instances', async () => {
    const browser = await signedIn('user3');
    const items = Array.from({ length: 100 }, (_, i) => `item ${i}`);
    const answers = await Promise.all(items.map(item => browser.post('/basket/items', { item })));
    expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([303]));
    expect((await browser.dashboard()).basket.sort()).toEqual(items.sort());
  });

  test('holds 200 items and no more', async () => {
    const browser = await signedIn('user4');
    const add = (i: number) => browser.post('/basket/items', { item: `item ${i}` });
    await Promise.all(Array.from({ length: 200 }, (_, i) => add(i)));
    expect((await add(200)).status).toBe(409);
    expect((await add(7)).status).toBe(303);
  });

  test('becomes cards at checkout, for 5 credits each', async () => {
    const browser = await signedIn('user5');
    await browser.post('/basket/items', { item: 'one' });
    await browser.post('/basket/items', { item: 'two' });
    expect((await browser.post('/basket/checkout')).status).toBe(303);
    const after = await browser.dashboard();
    expect([after.balance, after.basket, after.cards.map(card => card.text).sort()]).toEqual([
      990,
      [],
      ['one', 'two'],
    ]);
    expect((await browser.post('/basket/checkout')).status).toBe(409);
  });
});

describe('sessions', () => {
  test.each(['redis-attributes', 'connect-redis', 'memory'])(
    'end when idle, and absolutely: %s',
    async name => {
      const env = { SESSION_STORE: name, SESSION_IDLE_SECONDS: '100', SESSION_ABSOLUTE_SECONDS: '150' };
      const instance = await startInProcess(server.url, { env });
      const browser = new Browser(instance.url);
      await browser.signIn('dave');
      const realNow = Date.now;
      // The absolute end is ours to keep, by our clock; an idle session in Redis ends by Redis' clock.
      Date.now = () => realNow() + 149_000 * (name === 'memory' ? 0 : 1);
      expect((await browser.get('/dashboard')).status).toBe(200);
      Date.now = () => realNow() + 151_000;
      const answer = await browser.get('/dashboard');
      Date.now = realNow;
      expect(answer.status).toBe(303);
      await instance.close();
    },
  );
});

test('the log has one line for each request, with a label and never an id', async () => {
  const browser = new Browser(one.url);
  await browser.signIn('dave');
  await browser.get('/dashboard?token=secret', { 'x-request-id': 'logged' });
  const line = one.log.find(({ request }) => request === 'logged');
  expect(line).toMatchObject({ event: 'request', instance: 'app-1', user: 'dave@example.test' });
  expect(line).toMatchObject({
    method: 'GET',
    path: '/dashboard',
    status: 200,
    session: expect.stringMatching(/^[\da-f]{12}$/),
  });
  const sid = decodeURIComponent((await browser.cookie('sid')) ?? '')
    .slice(2)
    .split('.')[0];
  expect(sid).toHaveLength(32);
  expect(JSON.stringify(one.log)).not.toContain(sid);
  expect(JSON.stringify(one.log)).not.toContain(PASSWORD);
});
