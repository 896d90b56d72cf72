/** Tests that the response to a change is not sent before the store has confirmed the change. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import session, { type SessionData, type Store } from 'express-session';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { until } from '../stack/wait.ts';
import { Browser } from './testing/browser.ts';
import { startInProcess, type TestInstance } from './testing/instance.ts';

let server: BackingServer;
let app: TestInstance;

beforeAll(async () => {
  server = await startRedis();
  app = await startInProcess(server.url);
});

afterAll(async () => {
  await app?.close();
  await server?.dispose();
});

/**
 * Holds the next call of a store's method until the test calls `release`. With an error, `release` makes the call fail.
 */
function holdNext(
  store: Store,
  method: 'set' | 'destroy',
): { held: Promise<void>; release(error?: Error): void } {
  const original = store[method];
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<Error | undefined>();
  Object.assign(store, {
    [method]: async (...args: [string, ...unknown[]]) => {
      Object.assign(store, { [method]: original });
      held.resolve();
      const error = await released.promise;
      const callback = args.at(-1) as (error?: Error) => void;
      if (error) callback(error);
      else Reflect.apply(original, store, args);
    },
  });
  return { held: held.promise, release: released.resolve };
}

/** Sends a form on a raw socket, so that the test sees each byte of the response as soon as it arrives. */
function rawRequest(url: string, path: string, headers: Record<string, string>, body: string) {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`);
  socket.write(`${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
  const seen = { text: '', ended: once(socket, 'close') };
  socket.setEncoding('utf8').on('data', chunk => {
    seen.text += chunk;
  });
  return seen;
}

async function rawForm(browser: Browser, path: string, fields: Record<string, string>) {
  const { csrf } = await browser.read<{ csrf: string }>('/market');
  const headers = {
    cookie: await browser.jar.getCookieString(app.url),
    'content-type': 'application/x-www-form-urlencoded',
  };
  return rawRequest(app.url, path, headers, new URLSearchParams({ ...fields, _csrf: csrf }).toString());
}

const CREDENTIALS = { email: 'alice@example.test', password: 'correct-horse-battery' };

describe.each([
  ['/login', 'set', CREDENTIALS],
  ['/basket/items', 'set', { item: 'slow' }],
  ['/basket/remove', 'set', { item: 'slow' }],
  ['/logout', 'destroy', {}],
] as const)('%s', (path, method, fields) => {
  test('sends nothing until the store has confirmed', async () => {
    const browser = new Browser(app.url);
    await browser.signIn('alice');
    const hold = holdNext(app.store, method === 'set' ? 'set' : 'destroy');
    const answer = await rawForm(browser, path, { ...fields });
    await hold.held;
    for (let i = 0; i < 5; i++) expect((await browser.get('/readyz')).status).toBe(200);
    expect(answer.text).toBe('');
    hold.release();
    await answer.ended;
    expect(answer.text).toMatch(/^HTTP\/1\.1 303 /);
  });

  test('sends 503 without a cookie if the store refuses, and does not save again after the response', async () => {
    const browser = new Browser(app.url);
    await browser.signIn('alice');
    const hold = holdNext(app.store, method === 'set' ? 'set' : 'destroy');
    const answer = await rawForm(browser, path, { ...fields });
    await hold.held;
    const again = holdNext(app.store, 'set');
    let triedAgain = false;
    void again.held.then(() => {
      triedAgain = true;
    });
    hold.release(new Error('OOM command not allowed'));
    await answer.ended;
    expect(answer.text).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer.text).not.toMatch(/set-cookie/i);
    expect(answer.text).not.toContain('data-user');
    expect(triedAgain).toBe(false);
    again.release();
    Reflect.deleteProperty(app.store, 'set');
  });
});

test('a login is saved once, although express-session would save it twice', async () => {
  let writes = 0;
  const original = app.store.set;
  app.store.set = (sid, data, callback) => {
    writes++;
    Reflect.apply(original, app.store, [sid, data, callback]);
  };
  await new Browser(app.url).signIn('bob');
  Reflect.deleteProperty(app.store, 'set');
  expect(writes).toBe(1);
});

test('the control: express-session by itself responds before it has saved, and this client sees that', async () => {
  const store = new session.MemoryStore();
  const plain = express();
  plain.use(session({ store, secret: 'x', resave: false, saveUninitialized: false }));
  plain.post('/change', (request, response) => {
    Object.assign(request.session, { changed: true } satisfies Partial<SessionData> & { changed: boolean });
    response.redirect(303, '/next');
  });
  const listener = createServer(plain).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const hold = holdNext(store, 'set');
  const { port } = listener.address() as AddressInfo;
  const answer = rawRequest(`http://127.0.0.1:${port}`, '/change', {}, '');
  await hold.held;
  await until(() => answer.text.startsWith('HTTP/1.1 303'), { withinMs: 10_000, what: 'an early answer' });
  hold.release();
  await answer.ended;
  listener.close();
});
