import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { until } from '../stack/wait.ts';
import { Browser } from './testing/browser.ts';
import { untilReady } from './testing/expectations.ts';
import { type LogLine, startProcess } from './testing/instance.ts';

/** Drain time that is longer than every test, milliseconds. */
const LONG = '600000';

let server: BackingServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server?.dispose());

const draining = ({ event }: LogLine) => event === 'draining';
const stopped = ({ event }: LogLine) => event === 'stopped';

test('while draining: not ready, still serving, and every response closes its connection', async () => {
  const app = await startProcess(server.url, { DRAIN_MS: LONG });
  const browser = new Browser(app.url);
  await browser.signIn('alice');
  expect((await browser.get('/readyz')).headers.get('connection')).toBe('keep-alive');
  app.signal('SIGTERM');
  await app.line(draining);
  const ready = await browser.get('/readyz');
  expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
  for (const path of ['/dashboard', '/healthz', '/style.css']) {
    const answer = await browser.get(path);
    expect([path, answer.status, answer.headers.get('connection')]).toEqual([path, 200, 'close']);
  }
  expect((await browser.post('/basket/items', { item: 'late' })).status).toBe(303);
  app.signal('SIGTERM'); // A second SIGTERM skips the rest of the drain.
  expect(await app.ended).toBe(0);
});

test('at the end of the drain, requests that the balancer can retry elsewhere are refused without effect', async () => {
  const [app, other] = await Promise.all([
    startProcess(server.url, { DRAIN_MS: '0' }),
    startProcess(server.url, {}),
  ]);
  const browser = new Browser(app.url);
  await browser.signIn('dave');
  const { csrf } = await browser.read<{ csrf: string }>('/dashboard');
  const cookie = await browser.jar.getCookieString(app.url);
  const done: string[] = [];
  const add = async (item: string): Promise<number> => {
    const body = new URLSearchParams({ item, _csrf: csrf });
    const headers = { cookie, 'X-Balancer-Retries': '502' };
    const { status } = await fetch(`${app.url}/basket/items`, {
      method: 'POST',
      redirect: 'manual',
      headers,
      body,
    });
    if (status === 303) done.push(item);
    return status;
  };
  expect(await add('before')).toBe(303);
  app.signal('SIGTERM');
  let n = 0;
  await until(async () => (await add(`item ${++n}`)) === 502, {
    withinMs: 30_000,
    what: 'a request that is refused for another instance',
  });
  expect(await app.ended).toBe(0);
  expect(app.log.filter(({ status }) => status === 502)).toEqual([]);
  const { basket } = await new Browser(other.url).read('/dashboard', {
    cookie: `sid=${await browser.cookie('sid')}`,
  });
  expect(basket.toSorted()).toEqual(done.toSorted());
  other.signal('SIGKILL');
  await other.ended;
});

/** Sends only the headers of a form, so that the request stays in flight. */
async function heldForm(url: string, browser: Browser, path: string) {
  const { csrf } = await browser.read<{ csrf: string }>('/dashboard');
  const body = new URLSearchParams({ _csrf: csrf }).toString();
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  const seen = { text: '', ended: once(socket, 'close'), send: () => void socket.write(body) };
  socket.on('data', chunk => {
    seen.text += chunk;
  });
  const headers = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Expect: 100-continue',
    `Cookie: ${await browser.jar.getCookieString(url)}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${headers.join('\r\n')}\r\n\r\n`);
  await until(() => seen.text.includes('100 Continue'), {
    withinMs: 30_000,
    what: 'the request to be in flight',
  });
  seen.text = '';
  return seen;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: a request in flight is completed, saved, and gets its response',
  async signal => {
    const env = { DRAIN_MS: '0', SHUTDOWN_MS: LONG, PAYMENT_MS: '50' };
    const [app, other] = await Promise.all([startProcess(server.url, env), startProcess(server.url, {})]);
    const browser = new Browser(app.url);
    await browser.signIn('bob');
    const item = `paid on ${signal}`;
    await browser.post('/basket/items', { item });
    const checkout = await heldForm(app.url, browser, '/basket/checkout');
    app.signal(signal);
    await until(() => refusesConnections(app.url), { withinMs: 30_000, what: 'a closed port' });
    checkout.send();
    await checkout.ended;
    expect(checkout.text).toMatch(/^HTTP\/1\.1 303 /);
    expect(checkout.text).toMatch(/^Connection: close\r$/m);
    expect(await app.ended).toBe(0);
    expect(app.log.find(stopped)).toMatchObject({ cut: 0 });
    const after = await new Browser(other.url).read('/dashboard', {
      cookie: `sid=${await browser.cookie('sid')}`,
    });
    expect(after.basket).toEqual([]);
    expect(after.cards.map(card => card.text)).toContain(item);
    other.signal('SIGKILL');
    await other.ended;
  },
);

test('a request that never ends is cut after SHUTDOWN_MS, and the exit status is still 0', async () => {
  const app = await startProcess(server.url, { DRAIN_MS: '0', SHUTDOWN_MS: '0' });
  const browser = new Browser(app.url);
  await browser.signIn('carol');
  const form = await heldForm(app.url, browser, '/logout');
  app.signal('SIGTERM');
  expect(await app.ended).toBe(0);
  await form.ended;
  expect(form.text).toBe('');
  expect(app.log.find(stopped)).toMatchObject({ cut: 1 });
});

test('without Redis it starts, responds with 503, and is ready once Redis is available', async () => {
  const late = await startRedis();
  await late.kill();
  const app = await startProcess(late.url, { STORE_TIMEOUT_MS: '100' });
  const browser = new Browser(app.url);
  expect((await browser.get('/readyz')).status).toBe(503);
  expect((await browser.get('/')).status).toBe(503);
  await late.restart();
  await untilReady(browser);
  expect((await browser.signIn('user20')).user).toBe('user20@example.test');
  app.signal('SIGKILL');
  await app.ended;
  await late.dispose();
});

test('a port in use counts as an invalid variable', async () => {
  const app = await startProcess(server.url, {});
  await expect(startProcess(server.url, { PORT: new URL(app.url).port })).rejects.toThrow('ended with 64');
  app.signal('SIGKILL');
  await app.ended;
});

test('an invalid variable stops it with 64, and the message names the variable', async () => {
  await expect(startProcess(server.url, { PAYMENT_MS: 'soon' })).rejects.toThrow('ended with 64');
});

function refusesConnections(url: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
