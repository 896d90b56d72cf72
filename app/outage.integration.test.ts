/** Tests the app while Redis is down or does not reply, and its recovery. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { Browser } from './testing/browser.ts';
import { expectUnavailable, untilReady } from './testing/expectations.ts';
import { startInProcess, type TestInstance } from './testing/instance.ts';

let server: BackingServer;
let app: TestInstance;

beforeAll(async () => {
  server = await startRedis();
  app = await startInProcess(server.url, { env: { STORE_TIMEOUT_MS: '300' } });
});

afterEach(async () => {
  await server.resume().catch(() => {});
  if (!server.running()) await server.restart();
});

afterAll(async () => {
  await app?.close();
  await server?.dispose();
});

const FAULTS = [
  ['killed', () => server.kill(), () => server.restart()],
  ['silent', () => server.pause(), () => server.resume()],
] as const;

describe.each(FAULTS)('with Redis %s', (_name, inject, heal) => {
  test('every request that needs it gets 503 and leaves the cookie unchanged; afterwards the session works', async () => {
    const browser = new Browser(app.url);
    await untilReady(browser);
    await browser.signIn('alice');
    expect((await browser.post('/basket/items', { item: 'before' })).status).toBe(303);
    await inject();
    await expectUnavailable(browser, '/dashboard', '/', '/market', '/readyz');
    for (const path of ['/basket/items', '/basket/checkout', '/logout']) {
      const answer = await browser.post(path, { item: 'during' });
      expect([path, answer.status, answer.setCookies]).toEqual([path, 503, []]);
    }
    expect((await browser.get('/healthz')).status).toBe(200);
    expect((await browser.get('/style.css')).status).toBe(200);
    await heal();
    await untilReady(browser);
    expect((await browser.dashboard()).user).toBe('alice@example.test');
    expect((await browser.dashboard()).basket).toContain('before');
  });

  test('a login gets 503 too, not a wrong password', async () => {
    const browser = new Browser(app.url);
    await untilReady(browser);
    await browser.read('/login');
    await inject();
    const fields = { email: 'alice@example.test', password: 'correct-horse-battery' };
    const answer = await browser.post('/login', fields);
    expect([answer.status, answer.setCookies]).toEqual([503, []]);
    await heal();
    await untilReady(browser);
    expect((await browser.post('/login', fields)).status).toBe(303);
  });

  test('a hundred requests at once all get a response', async () => {
    const browser = new Browser(app.url);
    await untilReady(browser);
    await browser.signIn('bob');
    await inject();
    const answers = await Promise.all(Array.from({ length: 100 }, () => browser.get('/dashboard')));
    expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([503]));
    await heal();
    await untilReady(browser);
  });
});
