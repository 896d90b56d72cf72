import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { until } from '../stack/wait.ts';
import { Browser } from './testing/browser.ts';
import { startInProcess, type TestInstance } from './testing/instance.ts';
import { clients } from './testing/sessions.ts';

const PASSWORD = 'correct-horse-battery';
const JSON_VIEW = { accept: 'application/json' };

let server: BackingServer;
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
    'names the instance and the request: %s',
    async path => {
      const answer = await new Browser(one.url).get(path, { 'x-request-id': 'given-1.2_3' });
      expect(answer.headers.get('x-instance-id')).toBe('app-1');
      expect(answer.headers.get('x-request-id')).toBe('given-1.2_3');
    },
  );

  test('gets a new request id if the given one could forge a log line', async () => {
    const answer = await visitor().get('/', { 'x-request-id': 'a b' });
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w.-]{36}$/);
  });

  test.each(['/', '/login', '/register', '/market', '/nowhere'])(
    'that is a page names the instance that served it: %s',
    async path => {
      const { text } = await new Browser(two.url).get(path);
      expect(text).toMatch(/<footer data-instance="app-2">.*served by app-2.*<\/footer>/);
      expect(text).not.toContain('data-user');
    },
  );
});

describe('security headers', () => {
  const HTTPS = { 'x-forwarded-proto': 'https' };
  const hsts = async (url: string, headers = {}) =>
    (await new Browser(url).get('/login', headers)).headers.get('strict-transport-security');

  test.each(['/', '/login', '/style.css', '/nowhere', '/healthz'])(
    'forms may be sent only to this app, and no page may be framed: %s',
    async path => {
      const { headers } = await visitor().get(path);
      const policy = headers.get('content-security-policy')?.split(';');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'self'",
          "script-src 'none'",
          "object-src 'none'",
          "form-action 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
        ]),
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('HSTS is sent only over https, as a trusted proxy reports it', async () => {
    expect(await hsts(one.url)).toBeNull();
    expect(await hsts(one.url, HTTPS)).toBe('max-age=31536000');
    const { headers } = await visitor().get('/login', HTTPS);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const strict = await startInProcess(server.url, { env: { TRUST_PROXY: 'false' } });
    expect(await hsts(strict.url, HTTPS)).toBeNull();
    await strict.close();
  });

  test.each(['redis-attributes', 'cookie'])(
    'SECURE_COOKIES=always: HSTS, and every cookie is Secure, whatever the proxy reports (%s)',
    async SESSION_STORE => {
      const app = await startInProcess(server.url, { env: { SECURE_COOKIES: 'always', SESSION_STORE } });
      expect(await hsts(app.url)).toBe('max-age=31536000');
      const page = await new Browser(app.url).get('/login', JSON_VIEW);
      const token = page.setCookies[0]?.split(';')[0] ?? '';
      const { csrf } = JSON.parse(page.text);
      const body = new URLSearchParams({ _csrf: csrf, email: 'alice@example.test', password: PASSWORD });
      const answer = await new Browser(app.url).request('/login', {
        method: 'POST',
        body,
        headers: { cookie: token },
      });
      expect(answer.status).toBe(303);
      const names = answer.setCookies.map(line => line.split('=')[0]);
      expect(names.sort()).toEqual(['__Host-csrf', '__Host-sid']);
      for (const line of [...page.setCookies, ...answer.setCookies]) expect(line).toContain('; Secure');
      await app.close();
    },
  );
});

describe('a visitor', () => {
  test.each(['/', '/market', '/style.css', '/healthz', '/readyz', '/nowhere'])(
    'gets no cookie from %s',
    async path => {
      expect((await visitor().get(path)).setCookies).toEqual([]);
    },
  );

  test('that opens the login form gets a token cookie, but no session', async () => {
    const { setCookies } = await visitor().get('/login');
    expect(setCookies).toHaveLength(1);
    expect(setCookies[0]).toMatch(/^csrf=[\w.]+; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test('is redirected to the login form, or gets 401', async () => {
    const page = await visitor().get('/dashboard');
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login']);
    const answer = await visitor().post('/basket/items', { item: 'x' }, JSON_VIEW);
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text).error).toContain('/login');
  });
});

describe('the basket', () => {
  test('keeps items across instances, oldest first, until they are removed', async () => {
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

  test('loses none of 100 items that are added in parallel on two instances', async () => {
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
  const limits = { SESSION_IDLE_SECONDS: '100', SESSION_ABSOLUTE_SECONDS: '150' };
  const realNow = Date.now;
  afterEach(() => {
    Date.now = realNow;
  });

  test.each(['redis-attributes', 'connect-redis', 'redis-locked', 'cookie', 'memory'])(
    'in %s end absolutely, even if they are used all the time',
    async name => {
      const instance = await startInProcess(server.url, { env: { ...limits, SESSION_STORE: name } });
      const browser = new Browser(instance.url);
      // The test sets the app's clock, so a slow machine cannot change the result.
      const start = realNow();
      Date.now = () => start;
      await browser.signIn('dave');
      for (const [later, status] of [
        [90, 200],
        [149, 200],
        [151, 303],
      ] as const) {
        Date.now = () => start + later * 1000;
        expect((await browser.get('/dashboard')).status).toBe(status);
      }
      await instance.close();
    },
  );

  test.each(['memory', 'cookie'])('in %s end when idle', async name => {
    const instance = await startInProcess(server.url, { env: { ...limits, SESSION_STORE: name } });
    const browser = new Browser(instance.url);
    await browser.signIn('dave');
    Date.now = () => realNow() + 101_000;
    expect((await browser.get('/dashboard')).status).toBe(303);
    await instance.close();
  });

  test.each(['redis-attributes', 'connect-redis', 'redis-locked'])(
    'in %s end when idle: Redis deletes them',
    async name => {
      const instance = await startInProcess(server.url, { env: { ...limits, SESSION_STORE: name } });
      const [redis] = clients(server.url, 1);
      await redis?.flushdb();
      const users = await startInProcess(server.url); // Creates the fixture users again.
      await new Browser(instance.url).signIn('dave');
      const [key = ''] = (await redis?.keys('baton:*')) ?? [];
      const left = await redis?.pttl(key);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(100_000);
      redis?.disconnect();
      await Promise.all([instance.close(), users.close()]);
    },
  );
});

test('the log has one line for each request, with labels and never a session id or an email address', async () => {
  const browser = new Browser(one.url);
  await browser.signIn('dave');
  await browser.get('/dashboard?token=secret', { 'x-request-id': 'logged' });
  const logged = () => one.log.find(({ request }) => request === 'logged');
  await until(() => logged() !== undefined, { withinMs: 10_000, what: 'the log line' });
  const line = logged();
  expect(line).toMatchObject({
    event: 'request',
    instance: 'app-1',
    user: expect.stringMatching(/^[\da-f]{12}$/),
  });
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
  expect(JSON.stringify(one.log)).not.toContain('example.test');
});
