import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Reply } from '../core/response/reply.ts';
import { certificate } from '../testing/certificate.ts';
import { watching } from '../testing/watch.ts';
import { Barrier } from './barrier.ts';
import { Network } from './network.ts';
import type { Send } from './send.ts';
import { SessionClient } from './session-client.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Closing = (socket: Socket) => void;
const closings: Record<string, Closing> = {
  'ends it': socket => socket.end(),
  'resets it': socket => socket.resetAndDestroy(),
};

/**
 * A server that closes each connection at its second request.
 *
 * @param first if true, the server closes the connection at the first request
 */
class Closer {
  readonly seen: string[] = [];
  connections = 0;
  readonly #close: Closing;
  readonly #first: boolean;
  readonly #secure: { key: string; cert: string } | undefined;

  constructor(close: Closing, first = false, secure?: { key: string; cert: string }) {
    this.#close = close;
    this.#first = first;
    this.#secure = secure;
  }

  async listen(apart = false, timeout?: number): Promise<SessionClient> {
    const sockets = new Set<Socket>();
    const serve = (socket: Socket): void => {
      sockets.add(socket);
      socket.on('error', () => {});
      const number = ++this.connections;
      let requests = 0;
      socket.on('data', data => {
        const [line = ''] = data.toString().split('\r\n');
        this.seen.push(`${number} ${line.split(' ')[0]}`);
        if (++requests > 1 || this.#first) this.#close(socket);
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
      });
    };
    const secure = this.#secure;
    const server: Server = secure === undefined ? createServer(serve) : createTlsServer(secure, serve);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const protocol = secure === undefined ? 'http' : 'https';
    const tls = secure === undefined ? undefined : { insecure: false, ca: secure.cert };
    const network = new Network({ url: `${protocol}://127.0.0.1:${port}`, headers: {}, tls }, timeout);
    network.apart = apart;
    open.push(() => network.close());
    return new SessionClient(network);
  }
}

const get: Send = { method: 'GET', path: '/' };
const post: Send = { method: 'POST', path: '/', form: { a: '1' } };

/** Sends two requests on the same connection. The event loop turns once between them, which frees the connection. */
async function twice(one: SessionClient, second: Send, changes = false): Promise<Reply> {
  expect(await one.send(get)).not.toHaveProperty('resent');
  await turn();
  return one.send(second, undefined, watching({ once: changes }));
}

describe.each(Object.entries(closings))(
  'a kept connection, when the server %s as a request comes',
  (_, close) => {
    it('does not fail a GET, which is sent again on a new connection and recorded as resent', async () => {
      const server = new Closer(close);
      const one = await server.listen();
      expect(await twice(one, get)).toMatchObject({ status: 200, body: 'hi', resent: true });
      expect(server.seen).toEqual(['1 GET', '1 GET', '2 GET']);
    });

    it('is never used for a POST during faults', async () => {
      const server = new Closer(close);
      const one = await server.listen(true);
      expect(await twice(one, post)).toMatchObject({ status: 200, body: 'hi' });
      expect(server.seen).toEqual(['1 GET', '2 POST']);
    });

    it('fails a POST, and a GET that changes something: the app may have processed them', async () => {
      for (const send of [post, get]) {
        const server = new Closer(close);
        const one = await server.listen();
        const reply = await twice(one, send, true);
        expect(reply).toMatchObject({ failure: 'reset' });
        expect(reply).not.toHaveProperty('resent');
        expect(server.seen).toHaveLength(2);
      }
    });

    it('fails a GET if a byte of its response has come', async () => {
      const server = new Closer(socket => socket.write('H', () => close(socket)));
      const one = await server.listen();
      expect(await twice(one, get)).toMatchObject({ failure: 'reset' });
      expect(server.connections).toBe(1);
    });
  },
);

describe('a kept connection that Baton itself closes', () => {
  it('after a timeout is a failure of a GET, which is not sent again', async () => {
    const server = new Closer(() => {});
    expect(await twice(await server.listen(false, 200), get)).toMatchObject({ failure: 'timeout' });
    expect(server.seen).toEqual(['1 GET', '1 GET']);
  });

  it('because the run stops is a failure of a GET, which is not sent again', async () => {
    const stop = new AbortController();
    const server = new Closer(() => stop.abort());
    const one = await server.listen();
    await one.send(get, stop.signal);
    await turn();
    expect(await one.send(get, stop.signal)).toMatchObject({ failure: 'aborted' });
    expect(server.seen).toEqual(['1 GET', '1 GET']);
  });
});

describe('over TLS', () => {
  it('a kept connection that is closed at that moment fails no GET either', async () => {
    const server = new Closer(socket => socket.end(), false, certificate());
    expect(await twice(await server.listen(), get)).toMatchObject({ status: 200, resent: true });
    expect(server.seen).toEqual(['1 GET', '1 GET', '2 GET']);
  });
});

describe('a client that disconnects before the response', () => {
  it('closes a kept connection too', async () => {
    let closed: Promise<unknown> | undefined;
    const server = new Closer(socket => {
      closed = once(socket, 'close');
    });
    // The timeout is longer than the test, so that it closes no connection.
    const one = await server.listen(false, 600_000);
    await twice(one, { ...get, abandon: 20 }).catch(() => {});
    expect(server.seen).toEqual(['1 GET', '1 GET']);
    await closed;
  });
});

describe('a server that sends bytes without a request', () => {
  it('gets the next request on another connection', async () => {
    const server = new Closer(
      socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhino'),
      true,
    );
    const one = await server.listen();
    expect(await one.send(get)).toMatchObject({ body: 'hi' });
    expect(await twice(one, get)).toMatchObject({ body: 'hi' });
    expect(server.seen).toEqual(['1 GET', '2 GET', '3 GET']);
  });
});

describe('a response that comes before the end of its request', () => {
  const early = () =>
    new Closer(socket => socket.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno'), true);

  it('closes the connection of a request that holds back its last byte', async () => {
    const server = early();
    const one = await server.listen();
    const barrier = new Barrier(2);
    const other = barrier.place();
    void other.assemble();
    const arrived = Promise.withResolvers<void>();
    const watch = watching({ arrives: arrived.resolve });
    const held = one.send({ ...post, held: barrier.place() }, undefined, watch);
    // The request's last byte is missing, so the connection must not carry another request yet.
    await arrived.promise;
    await turn();
    expect(await one.send(get)).toMatchObject({ status: 413 });
    other.leave();
    expect(await held).toMatchObject({ status: 413, body: 'no' });
    expect(server.seen).toEqual(['1 POST', '2 GET']);
  });

  it('closes the connection of a request that is too large to be sent at once', async () => {
    const server = new Closer(socket => {
      socket.pause();
      socket.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno');
    }, true);
    const one = await server.listen();
    expect(await one.send({ ...post, form: { a: 'x'.repeat(16 << 20) } })).toMatchObject({ status: 413 });
    await turn();
    expect(await one.send(get)).toMatchObject({ status: 413 });
    expect(server.seen).toEqual(['1 POST', '2 GET']);
  });
});

describe('a kept connection that is too old, because this process was paused', () => {
  afterEach(() => vi.restoreAllMocks());

  it('carries no further request', async () => {
    const server = new Closer(socket => socket.end());
    const one = await server.listen();
    await one.send(post);
    await turn();
    const later = performance.now() + 60_000;
    vi.spyOn(performance, 'now').mockImplementation(() => later);
    expect(await one.send(post)).toMatchObject({ status: 200 });
    expect(server.seen).toEqual(['1 POST', '2 POST']);
  });
});

describe('a request of a run that has stopped', () => {
  it.each([
    ['over a kept connection', {}],
    ['in a race', { held: new Barrier(1).place() }],
  ])('is not sent %s', async (_, how) => {
    const server = new Closer(() => {});
    const one = await server.listen();
    await one.send(get);
    await turn();
    expect(await one.send({ ...get, ...how }, AbortSignal.abort())).toMatchObject({ failure: 'aborted' });
    expect(server.seen).toEqual(['1 GET']);
    expect(server.connections).toBe(1);
  });
});

describe('a fresh connection', () => {
  it('that is closed without a response is a failure, also on the second try', async () => {
    const server = new Closer(socket => socket.end(), true);
    const one = await server.listen();
    expect(await one.send(get)).toMatchObject({ failure: 'reset' });
    expect(server.connections).toBe(1);
  });
});
