import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reply } from '../core/response/reply.ts';
import { Barrier } from './barrier.ts';
import { Network } from './network.ts';
import { explained } from './no-response.ts';
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

describe('a form', () => {
  it('has the fields with the text `twice` two times', async () => {
    const url = await serve((request, response) => void request.pipe(response));
    const send = { method: 'POST', path: '/', form: { item: 'ä', csrf: 'x' } };
    expect((await client(url).send(send)).body).toBe('item=%C3%A4&csrf=x');
    expect((await client(url).send({ ...send, twice: 'ä' })).body).toBe('item=%C3%A4&csrf=x&item=%C3%A4');
  });
});

describe('requests that are held back', () => {
  it('are completed only when all are ready, and then at the same time', async () => {
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
    // A request without the barrier completes, although the first two requests wait at the barrier.
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

  it('name a host without an address', async () => {
    const { failure } = await client('http://shop.invalid').send(get('/'));
    expect(failure).toBe('unresolved');
    expect(explained(failure)).toContain('no address in DNS');
  });

  it('keep the cookies of their responses', async () => {
    const url = await serve((request, response) => {
      response.setHeader('Set-Cookie', 'sid=abc; Path=/');
      response.end(request.headers.cookie ?? 'none');
    });
    const held = client(url);
    expect((await held.send({ ...get('/'), held: new Barrier(1).place() })).body).toBe('none');
    expect((await held.send({ ...get('/'), held: new Barrier(1).place() })).body).toBe('sid=abc');
  });
});

describe('an early response', () => {
  it('is complete at the head of a redirect; the body may come later', async () => {
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

  it('is complete only with the body if it is no redirect', async () => {
    const url = await serve((_request, response) => response.end('page'));
    expect((await client(url).send({ ...get('/'), early: true })).body).toBe('page');
  });
});

describe('Referer', () => {
  /** Serves HTML with the received Referer; JSON below /api; `/moved` redirects. */
  async function browsing() {
    const url = await serve((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://app.test');
      response.setHeader('content-type', pathname.startsWith('/api') ? 'application/json' : 'text/html');
      const policy = searchParams.get('policy');
      if (policy !== null) response.setHeader('referrer-policy', policy);
      if (pathname === '/moved') response.writeHead(302, { location: '/there?a=1' });
      response.end(JSON.stringify([request.method, request.headers.referer?.replace(url, '') ?? 'none']));
    });
    const browser = client(url);
    const from = async (path: string, method = 'GET', one = browser) =>
      JSON.parse((await one.send({ method, path, ...(method === 'GET' ? {} : { form: {} }) })).body);
    return { browser, from };
  }

  it('is the page that a browser shows, also with a GET, and JSON is no such page', async () => {
    const { browser, from } = await browsing();
    expect(await from('/admin/?tab=2')).toEqual(['GET', 'none']);
    expect(await from('/api/session', 'POST')).toEqual(['POST', '/admin/?tab=2']);
    expect(await from('/api/me')).toEqual(['GET', '/admin/?tab=2']);
    expect(await from('/api/me', 'GET', browser.copy())).toEqual(['GET', '/admin/?tab=2']);
    expect(await from('/api/me', 'GET', browser.replayer('/'))).toEqual(['GET', '/admin/?tab=2']);
    expect(await from('/posts')).toEqual(['GET', '/admin/?tab=2']);
    expect(await from('/posts', 'POST')).toEqual(['POST', '/posts']);
    await from('/moved');
    expect(await from('/api/me')).toEqual(['GET', '/there?a=1']);
  });

  it.each([
    ['no-referrer', 'none'],
    ['no-referrer, strict-origin', '/'],
    ['strict-origin, unknown', '/'],
    ['same-origin', undefined],
    ['', undefined],
  ])('follows the Referrer-Policy "%s" of the page', async (policy, referer) => {
    const { from } = await browsing();
    const page = `/admin/?policy=${encodeURIComponent(policy)}`;
    await from(page);
    expect(await from('/api/me')).toEqual(['GET', referer ?? page]);
  });
});

describe('cookies', () => {
  /** Returns a client that has received a Set-Cookie line, and a function that makes the server send a further line. */
  async function browsing(line: string) {
    let sent = line;
    const url = await serve((request, response) => {
      response.setHeader('Set-Cookie', sent);
      response.end(request.headers.cookie ?? '');
    });
    const browser = client(url);
    const set = (another: string): Promise<Reply> => {
      sent = another;
      return browser.send(get('/'));
    };
    await set(line);
    return { browser, set };
  }

  it('too large for a browser are dropped, and earlier cookies stay', async () => {
    const { browser, set } = await browsing(`sid=${'x'.repeat(10)}; Path=/`);
    const reply = await set(`sid=${'x'.repeat(4094)}; Path=/`);
    expect(reply.cookies[0]?.attributes?.bytes).toBe(4097);
    expect((await browser.send(get('/'))).body).toBe(`sid=${'x'.repeat(10)}`);
  });

  it('are also sent to the address of an instance, with the cookie that steers the balancer', async () => {
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

  it('are still sent by a replayer after the app has deleted them', async () => {
    const { browser, set } = await browsing('sid=1; Path=/');
    const replayer = browser.replayer('/');
    await set('sid=; Path=/; Max-Age=0');
    expect((await browser.send(get('/'))).body).toBe('');
    expect((await replayer.send(get('/'))).body).toBe('sid=1');
  });

  it('can be replayed later with the values of now', async () => {
    const { browser, set } = await browsing('sid=1; Path=/');
    browser.captured.set('token', 'old');
    const later = browser.replayerLater('/');
    await set('sid=2; Path=/');
    browser.captured.set('token', 'new');
    const [one, other] = [later(), later()];
    expect((await one.send(get('/'))).body).toBe('sid=1');
    expect((await other.send(get('/'))).body).toBe('sid=1');
    expect(one.captured.get('token')).toBe('old');
  });

  it('are kept once for replays, until a cookie or the form token changes', async () => {
    const { browser, set } = await browsing('sid=1; Path=/');
    const first = browser.replayerLater('/');
    await set('sid=1; Path=/');
    expect(browser.replayerLater('/')).toBe(first);
    await set('sid=2; Path=/');
    const second = browser.replayerLater('/');
    expect((await second().send(get('/'))).body).toBe('sid=2');
    browser.csrf = 'new';
    expect(browser.replayerLater('/')().csrf).toBe('new');
    browser.captured.set('token', 'a');
    expect(browser.replayerLater('/')().captured.get('token')).toBe('a');
    browser.captured.set('token', 'b');
    expect(browser.replayerLater('/')().captured.get('token')).toBe('b');
    expect(browser.replayerLater('/')).toBe(browser.replayerLater('/'));
    browser.mailed.add('token');
    expect(browser.replayerLater('/')().mailed).toEqual(new Set(['token']));
    expect(first().csrf).toBe('');
  });

  it('are reported with their attributes', async () => {
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

describe('cookies as RFC 6265bis defines them', () => {
  /**
   * Returns the cookies that a client sends after responses with these lists of Set-Cookie lines.
   *
   * @param host the Host header
   */
  const jar = async (host: string, path: string, ...answers: string[][]): Promise<string> => {
    let set: string[] = [];
    const url = await serve((request, response) => {
      response.setHeader('Set-Cookie', set);
      response.end(request.headers.cookie ?? '');
    });
    const network = new Network({ url, headers: host === '' ? {} : { Host: host } });
    closing.push(() => network.close());
    const browser = new SessionClient(network);
    for (const lines of answers) {
      set = lines;
      await browser.send(get('/in/here'));
    }
    set = [];
    return (await browser.send(get(path))).body;
  };

  it.each([
    ['its own host', 'www.shop.test', ['a=1; Domain=www.shop.test'], 'a=1'],
    ['a domain above it, with a dot or without', 'www.shop.test', ['a=1; Domain=.shop.test'], 'a=1'],
    ['another domain', 'www.shop.test', ['a=1; Domain=other.test'], ''],
    ['one below it', 'shop.test', ['a=1; Domain=www.shop.test'], ''],
    ['a public suffix', 'shop.co.uk', ['a=1; Domain=co.uk'], ''],
    ['a public suffix of a hosting service', 'me.github.io', ['a=1; Domain=github.io'], ''],
    ['a name of one part', 'balancer', ['a=1; Domain=balancer'], 'a=1'],
    ['localhost', 'localhost', ['a=1; Domain=localhost'], 'a=1'],
    ['an address', '', ['a=1; Domain=127.0.0.1'], 'a=1'],
  ])('Domain: %s', async (_, host, lines, expected) => {
    expect(
      await jar(
        host,
        '/',
        lines.map(line => `${line}; Path=/`),
      ),
    ).toBe(expected);
  });

  it.each([
    ['without one is the folder of the page', ['a=1'], '/in/there', 'a=1'],
    ['without one is not above it', ['a=1'], '/', ''],
    ['is a folder, not a beginning', ['a=1; Path=/in'], '/inn', ''],
    ['that is longer goes first', ['a=1; Path=/', 'a=2; Path=/in'], '/in/here', 'a=2; a=1'],
    ['makes two of the same name two cookies', ['a=1; Path=/', 'a=2; Path=/in'], '/', 'a=1'],
  ])('Path %s', async (_, lines, path, expected) => {
    expect(await jar('shop.test', path, lines)).toBe(expected);
  });

  it('of the same name, domain and path in one response: the last counts, in the place of the first', async () => {
    const lines = ['a=1; Path=/', 'b=1; Path=/', 'a=2; Path=/; HttpOnly'];
    expect(await jar('shop.test', '/', lines)).toBe('a=2; b=1');
  });

  it('Max-Age wins over Expires; 0 and less delete, and a value that is no number is ignored', async () => {
    const set = ['a=1; Path=/', 'b=1; Path=/', 'c=1; Path=/', 'd=1; Path=/'];
    const past = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT';
    const change = [`a=2; Path=/; Max-Age=60; ${past}`, 'b=; Path=/; Max-Age=0', 'c=; Path=/; Max-Age=-1'];
    expect(await jar('shop.test', '/', set, [...change, 'd=2; Path=/; Max-Age=soon'])).toBe('a=2; d=2');
  });

  it('prefixes are enforced: __Secure- needs Secure, __Host- also Path=/ and no Domain', async () => {
    const kept = await jar('localhost', '/', [
      '__Secure-a=1; Path=/',
      '__Host-b=1; Path=/in; Secure',
      '__Host-c=1; Path=/; Secure; Domain=localhost',
      'd=1; Path=/',
    ]);
    expect(kept).toBe('d=1');
  });

  it('Secure is kept and sent on this machine over http, as browsers do, and nowhere else', async () => {
    expect(await jar('localhost', '/', ['a=1; Path=/; Secure'])).toBe('a=1');
    expect(await jar('shop.test', '/', ['a=1; Path=/; Secure'])).toBe('');
  });
});

describe('429 with Retry-After', () => {
  it('makes all clients wait until the time has passed', async () => {
    const times: number[] = [];
    const url = await serve((_request, response) => {
      times.push(performance.now());
      if (times.length === 1) response.writeHead(429, { 'retry-after': '1' });
      response.end();
    });
    const network = new Network({ url, headers: {} });
    closing.push(() => network.close());
    const [one, other] = [new SessionClient(network), new SessionClient(network)];
    expect((await one.send(get('/'))).status).toBe(429);
    expect((await other.send(get('/'))).status).toBe(200);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990);
  });
});

it('records where a redirect leads without the session id that an app wrote into the address', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(303, { location: '/next;jsessionid=secret?sid=secret' }).end();
  });
  expect((await client(url).send(get('/'))).redirect).toBe('/next');
});
