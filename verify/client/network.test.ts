import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../stack/wait.ts';
import { certificate } from '../testing/certificate.ts';
import { watching } from '../testing/watch.ts';
import { Barrier } from './barrier.ts';
import { Network, type Reached } from './network.ts';
import type { Send } from './send.ts';
import { SessionClient } from './session-client.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listening(server: Server, protocol = 'http', host = '127.0.0.1'): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, host, resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${protocol}://${host === '::1' ? '[::1]' : host}:${(server.address() as AddressInfo).port}`;
}

const serving = (listener: RequestListener): Promise<string> => listening(createServer(listener));

function client(target: Pick<Reached, 'url'> & Partial<Reached>): SessionClient {
  const network = new Network({ headers: {}, ...target });
  open.push(() => network.close());
  return new SessionClient(network);
}

const get = (path: string) => ({ method: 'GET', path });

describe('a response that the client abandons', () => {
  it('is abandoned some time after its request left, not while the request waits for the limits', async () => {
    const after = 1_000;
    const left: string[] = [];
    let finish: (() => void) | undefined;
    const url = await serving((request, response) => {
      if (request.url === '/first') finish = () => response.end('done');
      else response.once('close', () => left.push(`${request.url} ${response.writableFinished}`));
    });
    const one = client({ url, limits: { connections: 1 } });
    const first = one.send(get('/first'));
    const second = one.send({ ...get('/second'), abandon: after });
    await once(AbortSignal.timeout(after), 'abort');
    await until(() => finish !== undefined, { withinMs: 10_000, what: 'the first request' });
    finish?.();
    expect((await first).body).toBe('done');
    expect((await second).failure).toBe('aborted');
    await until(() => left.length > 0, { withinMs: 10_000, what: 'the server to see the disconnect' });
    expect(left).toEqual(['/second false']);
  });

  it('is abandoned before the server has read the request, if the client disconnects as soon as it is sent', async () => {
    const order: string[] = [];
    const url = await serving((request, response) => {
      order.push(`server reads ${request.url}`);
      response.end('done');
    });
    const one = client({ url });
    const { failure } = await one.send({ ...get('/a'), abandon: 0 });
    order.push(`client left: ${failure}`);
    await until(() => order.length > 1, { withinMs: 10_000, what: 'the request' });
    expect(order).toEqual(['client left: aborted', 'server reads /a']);
  });
});

describe('a target', () => {
  it('with a path prefix and a Host header gets requests as from a browser', async () => {
    const url = await serving((request, response) => {
      response.setHeader('set-cookie', 'sid=1; Domain=shop.test; Path=/shop');
      response.writeHead(302, { location: 'http://shop.test/shop/login?next=1' });
      response.end(`${request.headers.host} ${request.url} ${request.headers.cookie ?? ''}`);
    });
    const one = client({ url: `${url}/shop/`, headers: { Host: 'shop.test' } });
    const first = await one.send(get('/cart'));
    expect(first).toMatchObject({ redirect: '/login', body: 'shop.test /shop/cart ' });
    expect((await one.send(get('/cart'))).body).toBe('shop.test /shop/cart sid=1');
  });

  it.each([
    ['its address', {}, undefined],
    [
      'the Host and the scheme of its headers',
      { Host: 'shop.test', 'X-Forwarded-Proto': 'https' },
      'https://shop.test',
    ],
    [
      'the forwarded host and scheme of its headers',
      { 'X-Forwarded-Host': 'shop.test', 'X-Forwarded-Proto': 'https' },
      'https://shop.test',
    ],
    ['the Origin of its headers', { Origin: 'https://other.test' }, 'https://other.test'],
  ])('gets %s as the origin of a request that may change something', async (_, headers, origin) => {
    const url = await serving((request, response) => response.end(request.headers.origin ?? 'none'));
    const one = client({ url, headers });
    expect((await one.send({ method: 'POST', path: '/login', form: { a: '1' } })).body).toBe(origin ?? url);
    expect((await one.send({ method: 'DELETE', path: '/session' })).body).toBe(origin ?? url);
    const from = one.addressOf('/login');
    expect((await one.send({ method: 'POST', path: '/login', from })).body).toBe(origin ?? url);
    if (!('Origin' in headers)) expect((await one.send(get('/'))).body).toBe('none');
  });

  it('gets its cookies with a path that begins with two slashes', async () => {
    const url = await serving((request, response) => {
      response.setHeader('set-cookie', 'sid=1; Path=/');
      response.writeHead(302, { location: '//account' });
      response.end(`${request.url} ${request.headers.cookie ?? ''}`);
    });
    const one = client({ url });
    await one.send(get('/login'));
    const second = await one.send(get('//account'));
    expect(second.body).toBe('//account sid=1');
    // A browser reads `//account` as a host named "account".
    expect(second).not.toHaveProperty('leads');
  });

  it.each(['http', 'https'])('at an IPv6 address over %s works like any other', async protocol => {
    const pems = certificate();
    const listener: RequestListener = (request, response) => {
      response.setHeader('set-cookie', 'sid=1; Path=/; HttpOnly');
      response.writeHead(302, { location: `${protocol}://${request.headers.host}/login` });
      response.end(`${request.headers.host} ${request.headers.cookie ?? ''}`);
    };
    const server = protocol === 'https' ? createTlsServer(pems, listener) : createServer(listener);
    const url = await listening(server, protocol, '::1');
    const one = client({ url, tls: { insecure: false, ca: pems.cert } });
    for (const cookie of ['', 'sid=1', 'sid=1']) {
      const held = cookie === '' ? undefined : new Barrier(1).place();
      expect(await one.send({ ...get('/'), held })).toMatchObject({
        body: `${new URL(url).host} ${cookie}`,
        redirect: '/login',
        leads: '/login',
      });
    }
  });

  it('gets JSON, and a header once its value was captured', async () => {
    const url = await serving(async (request, response) => {
      const body = await text(request);
      response.end([request.headers['content-type'], body, request.headers.authorization].join(' '));
    });
    const one = client({ url, headers: { authorization: 'Bearer {token}' } });
    const send = { method: 'POST', path: '/', json: { a: 1 } };
    expect((await one.send(send)).body).toBe('application/json {"a":1} ');
    const typed = async (body: Pick<Send, 'form'>) =>
      (await one.send({ method: 'POST', path: '/', ...body })).body.trim();
    const type = 'application/x-www-form-urlencoded';
    expect([await typed({ form: { a: '1' } }), await typed({ form: {} }), await typed({})]).toEqual([
      ...[`${type} a=1`, type, ''],
    ]);
    one.captured.set('token', 't1');
    expect((await one.copy().send(send)).body).toBe('application/json {"a":1} Bearer t1');
    expect((await one.replayer('/').send(send)).body).toContain('Bearer t1');
  });

  it('gets a new text for {request} in each JSON body, and the captured values', async () => {
    const url = await serving(async (request, response) => response.end(await text(request)));
    const one = client({ url, headers: {}, posts: { '/rpc#user': { id: '{request}', token: '{token}' } } });
    one.captured.set('token', 't1');
    const ids = ['run-7', undefined, undefined];
    const sent = await Promise.all(
      ids.map(async id =>
        JSON.parse(
          (await one.send(get('/rpc#user'), undefined, id === undefined ? id : watching({ id }))).body,
        ),
      ),
    );
    expect(sent[0]).toEqual({ id: 'run-7', token: 't1' });
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
  });

  it('gets the id of the request in the header that its balancer logs, also in the format of AWS', async () => {
    const url = await serving((request, response) =>
      response.end(`${request.headers['x-correlation-id']} ${request.headers['x-amzn-trace-id']}`),
    );
    const headers = { 'X-Correlation-Id': 'baton {request}', 'X-Amzn-Trace-Id': '{trace}' };
    const one = client({ url, headers });
    const { body } = await one.send(get('/'), undefined, watching({ id: 'run-7' }));
    expect(body).toMatch(/^baton run-7 Root=1-[0-9a-f]{8}-[0-9a-f]{24};Baton=run-7$/);
    expect((await one.send(get('/'))).body).toBe('undefined undefined');
  });

  it('never has more requests in flight than its limit, races included', async () => {
    let [now, most] = [0, 0];
    const url = await serving((_, response) => {
      most = Math.max(most, ++now);
      setImmediate(() => response.end('', () => now--));
    });
    const one = client({ url, limits: { connections: 2 } });
    const barrier = new Barrier(5);
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => one.send({ ...get('/'), held: barrier.place() })),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(most).toBeLessThanOrEqual(2);
  });

  it('never has more connections than its limit', async () => {
    let [now, most] = [0, 0];
    const server = createServer((_, response) => response.end());
    server.on('connection', socket => {
      most = Math.max(most, ++now);
      socket.once('close', () => now--);
    });
    // The server keeps idle connections open, so that a slow machine does not fail the test.
    server.keepAliveTimeout = 600_000;
    const one = client({ url: await listening(server), limits: { connections: 2 } });
    const visit = async () => {
      for (let i = 0; i < 10; i++) expect((await one.send(get('/'))).status).toBe(200);
    };
    await Promise.all(Array.from({ length: 5 }, visit));
    expect(most).toBe(2);
  });

  it('gets requests no faster than its limit', async () => {
    const url = await serving((_, response) => response.end());
    const one = client({ url, limits: { requests: 50 } });
    const began = performance.now();
    await Promise.all(Array.from({ length: 6 }, () => one.send(get('/'))));
    // The limit is 100 ms, but timers may fire slightly early.
    expect(performance.now() - began).toBeGreaterThan(80);
  });

  it('gets the page of a form as its Referer, and only the origin of a page on another host', async () => {
    const url = await serving((request, response) => response.end(request.headers.referer ?? 'none'));
    const one = client({ url });
    const form = { method: 'POST', path: '/session', form: { a: '1' } };
    const refererOf = async (from: URL | undefined, headers = {}) =>
      (await one.send({ ...form, from, headers })).body;
    expect(await refererOf(undefined)).toBe('none');
    expect(await refererOf(new URL('/login?as=user', url))).toBe(`${url}/login?as=user`);
    expect(await refererOf(new URL('https://idp.example.test/login'))).toBe('https://idp.example.test/');
    expect(await refererOf(new URL('/login', url), { Referer: `${url}/own` })).toBe(`${url}/own`);
  });

  it('over TLS must have a trusted certificate, unless the check is disabled, also in races', async () => {
    const pems = certificate();
    const url = await listening(
      createTlsServer(pems, (request, response) => response.end(request.headers.referer)),
      'https',
    );
    const form = { method: 'POST', path: '/', form: { a: '1' } };
    const asked = async (tls: Reached['tls'], held: boolean) => {
      const waiting = held ? new Barrier(1).place() : undefined;
      return client({ url, tls }).send({ ...form, held: waiting });
    };
    for (const held of [false, true]) {
      expect((await asked(undefined, held)).status, 'unknown authority').toBeUndefined();
      expect((await asked({ insecure: false, ca: pems.cert }, held)).body).toBe(`${url}/`);
      expect((await asked({ insecure: true }, held)).status).toBe(200);
    }
  });
});
