import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { type Answer, Browser } from '../testing/browser.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';

const OLD = 'the-secret-of-last-month';
const NEW = 'the-secret-of-this-month';

let server: BackingServer;
let one: TestInstance;
let two: TestInstance;
const realNow = Date.now;

const start = (env: Record<string, string> = {}) =>
  startInProcess(server.url, { env: { SESSION_STORE: 'cookie', SESSION_SECRET: OLD, ...env } });

beforeAll(async () => {
  server = await startRedis();
  [one, two] = await Promise.all([start(), start()]);
});

afterEach(() => {
  Date.now = realNow;
});

afterAll(async () => {
  await Promise.all([one?.close(), two?.close()]);
  await server?.dispose();
});

const ofSession = ({ setCookies }: Answer) => setCookies.filter(line => line.startsWith('sid='));

async function signedIn(): Promise<Browser> {
  const browser = new Browser(one.url, two.url);
  await browser.signIn('alice');
  return browser;
}

test('data that one instance puts into a session is readable for the other in the cookie, and not for the client', async () => {
  const browser = await signedIn();
  await browser.post('/basket/items', { item: 'tea' });
  await browser.post('/basket/items', { item: 'milk' });
  expect((await browser.dashboard()).basket).toEqual(['tea', 'milk']);
  const cookie = (await browser.cookie('sid')) ?? '';
  for (const part of [cookie, ...cookie.split('*').map(text => Buffer.from(text, 'base64url').toString())])
    expect(part).not.toMatch(/alice|tea/);
});

test('each change sets one new cookie, and a read sets none', async () => {
  const browser = await signedIn();
  const changed = await browser.post('/basket/items', { item: 'tea' });
  expect(ofSession(changed)).toEqual([
    expect.stringMatching(/^sid=Fe26[^;]+; Path=\/; HttpOnly; SameSite=Lax$/),
  ]);
  expect(ofSession(await browser.get('/dashboard'))).toEqual([]);
});

test('a cookie that was changed in any part, cut or emptied counts as no cookie', async () => {
  const browser = await signedIn();
  const cookie = decodeURIComponent((await browser.cookie('sid')) ?? '');
  const parts = cookie.split('*');
  const changed = parts.map((part, i) => {
    const middle = Math.floor(part.length / 2);
    const other = part[middle] === 'A' ? 'B' : 'A';
    return parts.with(i, `${part.slice(0, middle)}${other}${part.slice(middle + 1)}`).join('*');
  });
  for (const forged of [...changed, cookie.slice(0, 40), '', 'Fe26.2', '%E0%A4%A']) {
    const answer = await new Browser(one.url).get('/dashboard', { cookie: `sid=${forged}` });
    expect([forged, answer.status]).toEqual([forged, 303]);
  }
});

test('a secret can be replaced in two steps without signing users out', async () => {
  const browser = await signedIn();
  const [both, after] = await Promise.all([
    start({ SESSION_SECRET: `${NEW},${OLD}` }),
    start({ SESSION_SECRET: NEW }),
  ]);
  expect((await browser.at(after.url).get('/dashboard')).status).toBe(303);
  expect((await browser.at(both.url).dashboard()).user).toBe('alice@example.test');
  await browser.at(both.url).post('/basket/items', { item: 'tea' });
  expect((await browser.at(after.url).get('/dashboard')).status).toBe(200);
  await Promise.all([both.close(), after.close()]);
});

test('a session that does not fit is refused, and the old one stays', async () => {
  const browser = await signedIn();
  const item = (i: number) => `${'x'.repeat(60)}${i}`;
  let added = 0;
  while ((await browser.post('/basket/items', { item: item(added) })).status === 303) added++;
  expect(added).toBeGreaterThan(10);
  const refused = await browser.post('/basket/items', { item: item(added) });
  expect([refused.status, ofSession(refused)]).toEqual([409, []]);
  expect(refused.text).toContain('data-user="alice@example.test"');
  expect((await browser.dashboard()).basket).toHaveLength(added);
  const { length } = `sid=${await browser.cookie('sid')}; Path=/; HttpOnly; SameSite=Lax`;
  expect(length).toBeLessThanOrEqual(4096);
});

test('a session is prolonged only after half of its idle time', async () => {
  const brief = await start({ SESSION_IDLE_SECONDS: '100' });
  const browser = new Browser(brief.url);
  const login = realNow();
  Date.now = () => login;
  await browser.signIn('alice');
  const at = async (seconds: number) => {
    Date.now = () => login + seconds * 1000;
    const answer = await browser.get('/dashboard');
    return [answer.status, ofSession(answer).length];
  };
  expect(await at(45)).toEqual([200, 0]);
  expect(await at(55)).toEqual([200, 1]);
  expect(await at(150)).toEqual([200, 1]);
  expect(await at(251)).toEqual([303, 0]);
  await brief.close();
});

test('a logout removes a cookie that was about to be prolonged; a client that kept the cookie is still signed in', async () => {
  const browser = await signedIn();
  const kept = `sid=${await browser.cookie('sid')}`;
  Date.now = () => realNow() + 1_000_000; // 1,000 s: more than half of the idle time of 1,800 s.
  const answer = await browser.post('/logout');
  expect(ofSession(answer)).toEqual([expect.stringMatching(/^sid=; Path=\/; Expires=Thu, 01 Jan 1970/)]);
  expect((await new Browser(two.url).get('/dashboard', { cookie: kept })).status).toBe(200);
});

test('a second login gives a new id, and leaves the session in the old cookie unchanged', async () => {
  const browser = await signedIn();
  await browser.post('/basket/items', { item: 'tea' });
  await browser.signIn('bob');
  const { user, basket } = await browser.dashboard();
  expect([user, basket]).toEqual(['bob@example.test', []]);
});
