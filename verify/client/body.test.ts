/** Tests the decoding of response bodies in the forms that real servers send, over real connections. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Barrier } from './barrier.ts';
import { LastBodies, MAX_BODY } from './body.ts';
import { Network } from './network.ts';
import type { Send } from './send.ts';
import { SessionClient } from './session-client.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function serving(listener: RequestListener): Promise<SessionClient> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const network = new Network({ url: `http://127.0.0.1:${port}`, headers: {} });
  open.push(() => network.close());
  return new SessionClient(network);
}

const get: Send = { method: 'GET', path: '/' };
const bodies = async (body: Buffer, headers: Record<string, string>): Promise<unknown> => {
  const one = await serving((_, response) => response.writeHead(200, headers).end(body));
  const kept = await one.send(get);
  const raced = await one.send({ ...get, held: new Barrier(1).place() });
  expect([raced.body, raced.failure]).toEqual([kept.body, kept.failure]);
  return kept.failure ?? kept.body;
};

const TEXT = '<p>Grüße, 100 €</p>';

describe('compressed bodies', () => {
  it('are requested as a browser does, unless the target file says otherwise', async () => {
    const one = await serving((request, response) => response.end(request.headers['accept-encoding']));
    expect((await one.send(get)).body).toBe('gzip, deflate, br');
    expect((await one.send({ ...get, headers: { 'Accept-Encoding': 'identity' } })).body).toBe('identity');
  });

  it.each([
    ['gzip', gzipSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['deflate, gzip', gzipSync(deflateSync(TEXT))],
    ['identity', Buffer.from(TEXT)],
    ['gzip', Buffer.alloc(0)],
  ])('by %s are read', async (encoding, body) => {
    const expected = body.length === 0 ? '' : TEXT;
    expect(await bodies(body, { 'content-encoding': encoding, 'content-type': 'text/html' })).toBe(expected);
  });

  it('are failures if they are not compressed, incomplete, or too large after decompression', async () => {
    const gzip = { 'content-encoding': 'gzip' };
    expect(await bodies(Buffer.from(TEXT), gzip)).toBe('garbled');
    expect(await bodies(gzipSync(TEXT).subarray(0, 20), gzip)).toBe('garbled');
    expect(await bodies(gzipSync(Buffer.alloc(MAX_BODY + 1)), gzip)).toBe('oversized');
  });
});

describe('charsets', () => {
  const latin1 = (text: string) => Buffer.from(text, 'latin1');
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  it.each([
    ['of the header', latin1('Grüße'), 'text/html; charset=ISO-8859-1', 'Grüße'],
    ['in quotes', latin1('Grüße'), 'text/html; Charset="latin1"', 'Grüße'],
    ['of the page', latin1('<meta charset=latin1>ü'), 'text/html', '<meta charset=latin1>ü'],
    [
      'of the page, in the old form',
      latin1('<meta http-equiv="content-type" content="text/html; charset=windows-1252">ü'),
      'text/html',
      '<meta http-equiv="content-type" content="text/html; charset=windows-1252">ü',
    ],
    ['of the byte order mark, not of the header', utf16('Grüße'), 'text/html; charset=utf-8', 'Grüße'],
    ['utf-16 without a mark', Buffer.from('Grüße', 'utf16le'), 'text/html; charset=utf-16le', 'Grüße'],
    ['that a page cannot have', Buffer.from('<meta charset=utf-16>ü'), 'text/html', '<meta charset=utf-16>ü'],
    ['of JSON', Buffer.from('"ü"'), 'application/json; charset=latin1', '"ü"'],
    ['that is unknown', Buffer.from('ü'), 'text/html; charset=klingon', 'ü'],
    ['undeclared, UTF-8', Buffer.from('ü €'), 'text/html', 'ü €'],
    ['undeclared, something else', latin1('ü'), 'text/html', 'ü'],
    ['UTF-8 with a mark', Buffer.from('\ufeffü'), 'text/html', 'ü'],
  ])('%s', async (_, body, type, expected) => {
    expect(await bodies(body, { 'content-type': type })).toBe(expected);
  });
});

describe('bodies without a length', () => {
  it('come in chunks', async () => {
    const one = await serving((_, response) => {
      for (const part of ['<p>Gr', 'ü', 'ße</p>']) response.write(part);
      response.end();
    });
    expect((await one.send(get)).body).toBe('<p>Grüße</p>');
  });

  it('that do not end fail when they are too large, and their connection is closed', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    let closed = 0;
    const one = await serving((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) {}
      };
      response.on('drain', more).on('close', () => closed++);
      more();
    });
    expect((await one.send(get)).failure).toBe('oversized');
    expect((await one.send({ ...get, held: new Barrier(1).place() })).failure).toBe('oversized');
    await expect.poll(() => closed).toBe(2);
  });

  it('that arrive slowly and never end fail at the timeout', async () => {
    const server = createServer((_, response) => {
      const timer = setInterval(() => response.write('.'), 5);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const network = new Network({ url, headers: {} }, 150);
    open.push(() => network.close());
    expect((await new SessionClient(network).send(get)).failure).toBe('timeout');
  });
});

describe('a server that responds before the request has ended', () => {
  const early = () =>
    serving((_, response) =>
      response.writeHead(413, { 'content-length': '5', connection: 'close' }).end('large'),
    );

  it('has its response read, even if the rest of the request is never sent', async () => {
    const form = { text: 'x'.repeat(200_000) };
    const one = await early();
    for (const held of [undefined, new Barrier(1).place()]) {
      expect(await one.send({ method: 'POST', path: '/', form, held })).toMatchObject({
        status: 413,
        body: 'large',
      });
    }
  });

  it('does not make the other requests of a race wait', async () => {
    const one = await early();
    const barrier = new Barrier(3);
    const send = () => one.send({ method: 'POST', path: '/', form: { a: '1' }, held: barrier.place() });
    const replies = await Promise.all([send(), send(), send()]);
    expect(replies.map(({ status }) => status)).toEqual([413, 413, 413]);
  });
});

describe('the last bodies of a page', () => {
  const html = { 'content-type': 'text/html' };

  it('gives an equal body its text and its facts, also if the buffer of the first is overwritten', () => {
    const last = new LastBodies();
    const first = Buffer.from('<p>one</p>');
    expect(last.textOf(first, html)).toBe('<p>one</p>');
    const { facts } = last;
    first.fill('x');
    expect(last.textOf(Buffer.from('<p>one</p>'), html)).toBe('<p>one</p>');
    expect(last.facts).toBe(facts);
  });

  it('keeps two bodies: of a page that alternates between two instances, and of the last change', () => {
    const last = new LastBodies();
    const factsOf = (text: string) => {
      expect(last.textOf(Buffer.from(text), html)).toBe(text);
      return last.facts;
    };
    const [one, two] = [factsOf('served by app-1'), factsOf('served by app-2')];
    expect(one).not.toBe(two);
    expect([factsOf('served by app-1'), factsOf('served by app-2')]).toEqual([one, two]);
    expect(last.facts).toBe(two);
    const three = factsOf('changed');
    expect(factsOf('served by app-2')).toBe(two);
    expect(factsOf('changed')).toBe(three);
    expect(factsOf('served by app-1')).not.toBe(one);
  });

  it('gives an equal compressed body the same text', () => {
    const last = new LastBodies();
    const headers = { ...html, 'content-encoding': 'gzip' };
    const first = last.textOf(gzipSync('zipped'), headers);
    const { facts } = last;
    expect(first).toBe('zipped');
    expect(last.textOf(gzipSync('zipped'), headers)).toBe(first);
    expect(last.facts).toBe(facts);
    expect(last.textOf(gzipSync('other'), headers)).toBe('other');
    expect(last.textOf(Buffer.from('plain'), html)).toBe('plain');
    expect(last.textOf(Buffer.from('plain'), html)).toBe('plain');
  });

  it('keeps no compressed body with a long text, and gives each garbled body its error', async () => {
    const last = new LastBodies();
    const headers = { ...html, 'content-encoding': 'gzip' };
    const long = 'a'.repeat(1 << 15);
    expect(await last.textOf(gzipSync(long), headers)).toBe(long);
    const { facts } = last;
    expect(await last.textOf(gzipSync(long), headers)).toBe(long);
    expect(last.facts).not.toBe(facts);
    for (let i = 0; i < 2; i++)
      await expect(last.textOf(Buffer.from('garbled'), headers)).rejects.toMatchObject({
        code: 'BODY_GARBLED',
      });
  });

  it('reports a body that cannot be decompressed only to a caller that waits for it', async () => {
    const failed = new LastBodies().textOf(Buffer.from('garbled'), { ...html, 'content-encoding': 'gzip' });
    // Node has reported an unhandled rejection by then.
    await new Promise(resolve => setImmediate(resolve));
    await expect(failed).rejects.toMatchObject({ code: 'BODY_GARBLED' });
  });

  it('gives no other body, and no body of another type or encoding, the facts of the last one', async () => {
    const last = new LastBodies();
    const one = Buffer.from([0xfc]);
    const changes: [Buffer, Record<string, string>, string][] = [
      [one, { 'content-type': 'text/plain; charset=iso-8859-1' }, '\u00fc'],
      [one, { 'content-type': 'text/plain; charset=windows-1251' }, '\u044c'],
      [gzipSync('zipped'), { ...html, 'content-encoding': 'gzip' }, 'zipped'],
      [Buffer.from('two'), html, 'two'],
      [Buffer.from('too'), html, 'too'],
      [Buffer.alloc(1 << 15, 'a'), html, 'a'.repeat(1 << 15)],
    ];
    const facts = new Set([last.facts]);
    for (const [body, headers, text] of changes) {
      expect(await last.textOf(body, headers)).toBe(text);
      facts.add(last.facts);
    }
    expect(facts.size).toBe(changes.length + 1);
  });
});
