/** The session client against a server of this process: what it sends, keeps and drops. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Barrier } from './barrier.ts';
import { Network } from './network.ts';
import { SessionClient } from './session-client.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(handler: http.RequestListener): Promise<string> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    return server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(url: string): SessionClient {
  const network = new Network({ url, headers: {} });
  closing.push(() => network.close());
  return new SessionClient(network);
}

const get = (path: string) => ({ method: 'GET', path });

describe('requests that are held back', () => {
  it('reach the server whole only when all are ready, and then all of them', async () => {
    let whole = 0;
    const url = await serve((request, response) => {
      request.resume().once('end', () => {
        whole++;
        response.end('done');
      });
    });
    const barrier = new Barrier(3);
    const form = { item: 'x' };
    const send = (held: ReturnType<Barrier['place']>) =>
      client(url).send({ method: 'POST', path: '/', form, held });
    const two = [send(barrier.place()), send(barrier.place())];
    // Another request goes and comes back meanwhile: the two are not slow, they wait.
    expect((await client(url).send(get('/'))).body).toBe('done');
    expect(whole).toBe(1);
    const replies = await Promise.all([...two, send(barrier.place())]);
    expect(replies.map(reply => reply.body)).toEqual(['done', 'done', 'done']);
    expect(whole).toBe(4);
  });

  it('do not wait for one that cannot connect', async () => {
    const url = await serve((_request, response) => response.end('done'));
    const barrier = new Barrier(2);
    const lost = client('http://127.0.0.1:1').send({ ...get('/'), held: barrier.place() });
    const sent = client(url).send({ ...get('/'), held: barrier.place() });
    expect((await sent).status).toBe(200);
    expect((await lost).failure).toBe('refused');
  });

  it('keep the cookies that come', async () => {
    const url = await serve((request, response) => {
      response.setHeader('Set-Cookie', 'sid=abc; Path=/');
      response.end(request.headers.cookie ?? 'none');
    });
    const held = client(url);
    expect((await held.send({ ...get('/'), held: new Barrier(1).place() })).body).toBe('none');
    expect((await held.send({ ...get('/'), held: new Barrier(1).place() })).body).toBe('sid=abc');
  });
});

describe('an early answer', () => {
  it('is the head of a redirect; its body may come later', async () => {
    let finish = (): void => {};
    const url = await serve((_request, response) => {
      response.writeHead(303, { location: '/next', 'content-length': '4', 'set-cookie': 'sid=1; Path=/' });
      response.write('bod');
      finish = () => response.end('y');
    });
    const browser = client(url);
    const reply = await browser.send({ ...get('/'), early: true });
    expect([reply.status, reply.redirect, reply.body]).toEqual([303, '/next', '']);
    expect(browser.cookies('/')).toEqual([{ name: 'sid', value: '1' }]);
    finish();
  });

  it('is the whole of a page', async () => {
    const url = await serve((_request, response) => response.end('page'));
    expect((await client(url).send({ ...get('/'), early: true })).body).toBe('page');
  });
});

describe('cookies', () => {
  it('too large for a browser are dropped, and what was there stays', async () => {
    let size = 10;
    const url = await serve((request, response) => {
      response.setHeader('Set-Cookie', `sid=${'x'.repeat(size)}; Path=/`);
      response.end(request.headers.cookie ?? '');
    });
    const browser = client(url);
    await browser.send(get('/'));
    size = 4094;
    const reply = await browser.send(get('/'));
    expect(reply.cookies[0]?.attributes?.bytes).toBe(4097);
    expect((await browser.send(get('/'))).body).toBe(`sid=${'x'.repeat(10)}`);
  });

  it('are those of the target, on whichever address; what steers the balancer goes along', async () => {
    const url = await serve((_request, response) => {
      response.setHeader('Set-Cookie', ['sid=1; Path=/', 'route=a; Path=/']);
      response.end();
    });
    const other = await serve((request, response) => response.end(request.headers.cookie ?? ''));
    const browser = client(url);
    await browser.send(get('/'));
    expect((await browser.send({ ...get('/'), origin: other })).body).toBe('sid=1; route=a');
    const steered = await browser.send({ ...get('/'), origin: other, cookies: { route: 'b' } });
    expect(steered.body).toBe('sid=1; route=b');
  });

  it('copied by hand outlive what the server said of them', async () => {
    let set = 'sid=1; Path=/';
    const url = await serve((request, response) => {
      response.setHeader('Set-Cookie', set);
      response.end(request.headers.cookie ?? '');
    });
    const browser = client(url);
    await browser.send(get('/'));
    const replayer = browser.replayer('/');
    set = 'sid=; Path=/; Max-Age=0';
    await browser.send(get('/'));
    expect((await browser.send(get('/'))).body).toBe('');
    expect((await replayer.send(get('/'))).body).toBe('sid=1');
  });

  it('say how they were set', async () => {
    const url = await serve((_request, response) => {
      response.setHeader(
        'Set-Cookie',
        'sid=0123456789abcdef; Path=/app; Max-Age=60; HttpOnly; Secure; SameSite=Strict',
      );
      response.end();
    });
    expect((await client(url).send(get('/app'))).cookies).toEqual([
      {
        name: 'sid',
        value: '0123456789abcdef',
        attributes: {
          httpOnly: true,
          secure: true,
          sameSite: 'strict',
          path: '/app',
          lifetime: 60,
          bytes: 19,
          bits: 64,
        },
      },
    ]);
  });
});

it('tells where a redirect leads without the session id that an app wrote into the address', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(303, { location: '/next;jsessionid=secret?sid=secret' }).end();
  });
  expect((await client(url).send(get('/'))).redirect).toBe('/next');
});
