import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { Browser, type Dashboard } from '../testing/browser.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';

const PASSWORD = 'correct-horse-battery';
const JSON_VIEW = { accept: 'application/json' };
const HTTPS = { 'x-forwarded-proto': 'https' };

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

describe('signing in', () => {
  test('redirects to the dashboard, with a session cookie and a response that must not be cached', async () => {
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
    ['an unknown address', 'unknown@example.test', PASSWORD, 401],
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

  test('gives the session a new id, and the old id is invalid', async () => {
    const browser = await signedIn('bob');
    const before = await browser.cookie('sid');
    await browser.signIn('bob');
    const after = await browser.cookie('sid');
    expect(after).not.toBe(before);
    // The cookie's value is `s:`, the session id, a dot and the signature.
    const [, id = ''] = /^s:([\w-]+)\./.exec(decodeURIComponent(after ?? '')) ?? [];
    expect(Buffer.from(id, 'base64url').length * 8).toBeGreaterThanOrEqual(128);
    const old = await visitor().get('/dashboard', { cookie: `sid=${before}` });
    expect([old.status, old.headers.get('location')]).toEqual([303, '/login']);
  });

  test('ignores a session id that an attacker planted', async () => {
    const browser = visitor();
    await browser.jar.setCookie('sid=s%3Aplanted.signature', one.url);
    await browser.signIn('bob');
    expect(await browser.cookie('sid')).not.toContain('planted');
  });

  test('over https sets a Secure __Host- cookie, and no other session cookie', async () => {
    const browser = visitor();
    await browser.read('/login', HTTPS);
    const answer = await browser.post('/login', { email: 'bob@example.test', password: PASSWORD }, HTTPS);
    expect(answer.setCookies.map(line => line.split('=')[0]).sort()).toEqual(['__Host-csrf', '__Host-sid']);
    for (const line of answer.setCookies) expect(line).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect((await browser.get('/dashboard', HTTPS)).status).toBe(200);
  });

  test('does not if only an untrusted proxy reports https', async () => {
    const strict = await startInProcess(server.url, { env: { TRUST_PROXY: 'false' } });
    const browser = new Browser(strict.url);
    const answer = await browser.get('/login', HTTPS);
    expect(answer.setCookies[0]).toMatch(/^csrf=/);
    await strict.close();
  });
});

describe('registering', () => {
  test('signs the user in, with 1,000 credits', async () => {
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

test.each([
  ['/login', ['_csrf', 'email', 'password'], 'current-password'],
  ['/register', ['_csrf', 'name', 'email', 'password'], 'new-password'],
])('masks passwords, and lets password managers fill them in: %s', async (path, names, autocomplete) => {
  const { text } = await visitor().get(path);
  expect([...text.matchAll(/<input[^>]* name="(\w+)"/g)].map(([, name]) => name)).toEqual(names);
  expect(text).toContain(`<input type="password" name="password" autocomplete="${autocomplete}"`);
});

test('takes a password of any characters, up to 256, exactly as it is', async () => {
  const password = ` Träume "<&>' 漢\t`.padEnd(256, 'X');
  const registered = visitor();
  await registered.read('/register');
  const fields = { email: 'frank@example.test', name: 'Frank' };
  expect((await registered.post('/register', { ...fields, password: `${password}X` })).status).toBe(422);
  expect((await registered.post('/register', { ...fields, password })).status).toBe(303);
  for (const [given, status] of [
    [password.trim(), 401],
    [password.toLowerCase(), 401],
    [password.slice(0, -1), 401],
    [password, 303],
  ] as const) {
    const browser = visitor();
    await browser.read('/login');
    expect((await browser.post('/login', { email: fields.email, password: given })).status).toBe(status);
  }
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
  test('without the right token change nothing, and the page says what to do', async () => {
    const browser = await signedIn('carol');
    for (const token of ['', 'wrong', 'a.b']) {
      const answer = await browser.post('/basket/items', { item: 'forged', _csrf: token });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('reload the page');
    }
    expect((await browser.dashboard()).basket).toEqual([]);
  });

  test("are refused with another session's token", async () => {
    const [carol, dave] = [await signedIn('carol'), await signedIn('dave')];
    const { csrf } = await dave.dashboard();
    await carol.jar.setCookie(`csrf=${csrf}; Path=/`, one.url);
    expect((await carol.post('/basket/items', { item: 'forged', _csrf: csrf })).status).toBe(403);
  });

  test('accept the token as a header too', async () => {
    const browser = await signedIn('carol');
    const { csrf } = await browser.dashboard();
    const headers = { ...JSON_VIEW, 'x-csrf-token': csrf, 'content-type': 'application/json' };
    const body = JSON.stringify({ item: 'by header' });
    const answer = await browser.request('/basket/items', { method: 'POST', headers, body });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([201, { basket: ['by header'] }]);
  });

  test('of pages that load in parallel right after the login all work', async () => {
    const browser = visitor();
    await browser.read('/login');
    await browser.post('/login', { email: 'dave@example.test', password: PASSWORD });
    const pages = await Promise.all([1, 2, 3].map(() => browser.read<Dashboard>('/dashboard')));
    expect(new Set(pages.map(page => page.csrf)).size).toBe(1);
  });

  test.each([
    ['text that is not JSON', 'application/json', '{', 400],
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
