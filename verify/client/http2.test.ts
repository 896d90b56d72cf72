import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { certificate } from '../testing/certificate.ts';
import { Barrier } from './barrier.ts';
import { Network } from './network.ts';
import type { Send } from './send.ts';
import { SessionClient } from './session-client.ts';

const pems = certificate();
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Listener = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => unknown;

class Server {
  readonly sessions = new Set<http2.ServerHttp2Session>();
  connections = 0;
  readonly seen: string[] = [];
  readonly #listener: Listener;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  async listen(headers: Record<string, string> = {}, tls = { insecure: false }): Promise<SessionClient> {
    const server = http2.createSecureServer({ ...pems, allowHTTP1: true }, (request, response) => {
      this.seen.push(`${request.httpVersion} ${request.method} ${request.url}`);
      this.#listener(request, response);
    });
    server.on('session', session => this.sessions.add(session));
    server.on('secureConnection', () => this.connections++);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      for (const session of this.sessions) session.destroy();
      server.close();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/shop`;
    const network = new Network({ url, headers, tls: { ...tls, ca: pems.cert } });
    open.push(() => network.close());
    return new SessionClient(network);
  }
}

const get = (path: string): Send => ({ method: 'GET', path });
const post = (path: string): Send => ({ method: 'POST', path, form: { a: '1' } });

describe('HTTP/2', () => {
  it('is used if TLS offers it, with the same cookies, redirects and bodies', async () => {
    const server = new Server(async (request, response) => {
      response.setHeader('set-cookie', ['sid=1; Path=/shop; Secure', 'two=2; Path=/']);
      response.writeHead(303, { location: '/shop/login' });
      response.end([request.authority, request.headers.cookie, await text(request)].join(' | '));
    });
    const one = await server.listen({ Host: 'localhost', Connection: 'keep-alive' });
    await one.send(get('/a'));
    const reply = await one.send(post('/b'));
    expect(reply).toMatchObject({ status: 303, redirect: '/login', body: 'localhost | sid=1; two=2 | a=1' });
    expect(Object.keys(reply.headers)).not.toContain(':status');
    expect(server.seen).toEqual(['2.0 GET /shop/a', '2.0 POST /shop/b']);
    expect(server.connections).toBe(1);
  });

  it('sends a request from which the client disconnects at once', async () => {
    const left = Promise.withResolvers<void>();
    const server = new Server((request, response) => {
      if (request.url === '/shop/a') response.end();
      else response.once('close', () => left.resolve());
    });
    const one = await server.listen();
    await one.send(get('/a'));
    expect(await one.send({ ...get('/b'), abandon: 0 })).toMatchObject({ failure: 'aborted' });
    await left.promise;
    expect(server.seen).toEqual(['2.0 GET /shop/a', '2.0 GET /shop/b']);
  });

  it('has one request at a time on a connection; races use connections of HTTP/1.1', async () => {
    const waiting: (() => void)[] = [];
    const server = new Server((_, response) => {
      waiting.push(() => response.end());
      if (waiting.length === 3) for (const go of waiting.splice(0)) go();
    });
    const one = await server.listen();
    await Promise.all(['/1', '/2', '/3'].map(path => one.send(get(path))));
    expect(server.sessions.size).toBe(3);
    const barrier = new Barrier(3);
    const held = ['/4', '/5', '/6'].map(path => one.send({ ...post(path), held: barrier.place() }));
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(server.seen.slice(3).every(seen => seen.startsWith('1.1 POST'))).toBe(true);
  });

  it('lets requests in flight end after a GOAWAY, and sends new ones on another connection', async () => {
    const server = new Server((request, response) => {
      request.stream.session?.goaway(http2.constants.NGHTTP2_NO_ERROR);
      response.end('answered');
    });
    const one = await server.listen();
    for (const path of ['/1', '/2']) {
      const reply = await one.send(post(path));
      expect(reply).toMatchObject({ status: 200, body: 'answered' });
      expect(reply).not.toHaveProperty('resent');
    }
    expect(server.sessions.size).toBe(2);
  });

  it('sends a GET again if its kept connection was closed without a response, a POST never', async () => {
    for (const [second, times] of [
      [get('/again'), 2],
      [post('/once'), 1],
    ] as const) {
      let requests = 0;
      const server = new Server((request, response) => {
        if (++requests === 2) request.stream.session?.destroy();
        else response.end('ok');
      });
      const one = await server.listen();
      await one.send(get('/'));
      const reply = await one.send(second);
      expect(reply).toMatchObject(times === 2 ? { status: 200, resent: true } : { failure: 'reset' });
      expect(server.seen).toHaveLength(1 + times);
    }
  });

  it('fails a request that the server refuses on a fresh connection', async () => {
    const server = new Server(request => request.stream.close(http2.constants.NGHTTP2_REFUSED_STREAM));
    expect(await (await server.listen()).send(get('/'))).toMatchObject({ failure: 'reset' });
    expect(server.seen).toHaveLength(1);
  });
});
