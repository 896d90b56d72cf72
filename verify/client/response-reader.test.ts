import { describe, expect, it } from 'vitest';
import { ResponseReader } from './response-reader.ts';

interface Read {
  status: number | undefined;
  body: string;
  done: boolean;
  surplus: boolean;
  kept: number | undefined;
}

/** Reads a response in pieces, and overwrites the buffer after each piece, as a connection does. */
function read(text: string, { method = 'GET', size = text.length, ends = false } = {}): Read {
  const reader = new ResponseReader();
  reader.begin(method);
  const bytes = Buffer.from(text, 'latin1');
  let body = '';
  for (let at = 0; at < bytes.length; at += size) {
    const piece = Buffer.from(bytes.subarray(at, at + size));
    const before = reader.done;
    reader.read(piece);
    if (reader.done && !before) body = reader.body.toString('latin1');
    piece.fill(0);
  }
  if (ends && reader.end()) body = reader.body.toString('latin1');
  const { head, done, surplus } = reader;
  return { status: head?.status, body, done, surplus, kept: head?.kept };
}

const message = (...lines: string[]): string => lines.join('\r\n');

type Case = [name: string, text: string, expected: Partial<Read>, how?: { method?: string; ends?: boolean }];

const whole: Case[] = [
  [
    'with a length',
    message('HTTP/1.1 200 OK', 'Content-Length: 5', '', 'hello'),
    { body: 'hello', kept: 4000 },
  ],
  ['with an empty body', message('HTTP/1.1 200 OK', 'Content-Length: 0', '', ''), { body: '' }],
  ['without a reason', message('HTTP/1.1 200', 'Content-Length: 1', '', 'x'), { body: 'x' }],
  [
    'in chunks',
    message(
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: chunked',
      '',
      '3',
      'abc',
      'A ; x="y"',
      '0123456789',
      '0',
      '',
      '',
    ),
    { body: 'abc0123456789' },
  ],
  [
    'in chunks with a trailer',
    message('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, Chunked', '', '1', 'a', '000', 'Digest: x', '', ''),
    { body: 'a' },
  ],
  [
    'that ends with its connection',
    message('HTTP/1.1 200 OK', '', 'to the end'),
    { body: 'to the end' },
    { ends: true },
  ],
  [
    'after interim responses',
    message(
      'HTTP/1.1 100 Continue',
      '',
      'HTTP/1.1 103 Early Hints',
      'Link: </a>',
      '',
      'HTTP/1.1 201 Created',
      'Content-Length: 1',
      '',
      'x',
    ),
    { status: 201, body: 'x' },
  ],
  ['204', message('HTTP/1.1 204 No Content', '', ''), { status: 204, body: '', kept: 4000 }],
  [
    '304 with a length',
    message('HTTP/1.1 304 Not Modified', 'Content-Length: 9', '', ''),
    { status: 304, body: '' },
  ],
  ['to HEAD', message('HTTP/1.1 200 OK', 'Content-Length: 9', '', ''), { body: '' }, { method: 'HEAD' }],
  ['of HTTP/1.0', message('HTTP/1.0 200 OK', 'Content-Length: 1', '', 'x'), { body: 'x', kept: 0 }],
  [
    'of HTTP/1.0 that keeps its connection',
    message(
      'HTTP/1.0 200 OK',
      'Connection: Keep-Alive',
      'Keep-Alive: timeout=5, max=9',
      'Content-Length: 1',
      '',
      'x',
    ),
    { body: 'x', kept: 3000 },
  ],
  [
    'that closes',
    message('HTTP/1.1 200 OK', 'Connection: x, Close', 'Content-Length: 1', '', 'x'),
    { body: 'x', kept: 0 },
  ],
  [
    'whose server keeps no connection for 2 s',
    message('HTTP/1.1 200 OK', 'Keep-Alive: timeout=1', 'Content-Length: 1', '', 'x'),
    { body: 'x', kept: 0 },
  ],
];

describe('a response', () => {
  it.each(whole)('%s is the same in pieces of every size', (_, text, expected, how) => {
    for (let size = 1; size <= text.length; size++)
      expect(read(text, { ...how, size }), `in pieces of ${size}`).toMatchObject({
        status: 200,
        done: true,
        surplus: false,
        ...expected,
      });
  });

  it.each(whole)('%s is incomplete before its last byte', (_, text, __, { method } = {}) => {
    for (let length = 0; length < text.length; length++)
      expect(read(text.slice(0, length), { method: method ?? 'GET', size: 7 }).done).toBe(false);
  });

  it('reports bytes after its end', () => {
    const text = message('HTTP/1.1 200 OK', 'Content-Length: 1', '', 'x');
    expect(read(`${text}HTTP/1.1 200 OK`)).toMatchObject({ body: 'x', surplus: true });
  });

  it('has headers in lower case; a repeated one is a list', () => {
    const reader = new ResponseReader();
    reader.begin('HEAD');
    const lines = [
      'Set-Cookie: a=1; Path=/',
      'X-Name:\t caf\xe9 ',
      'SET-COOKIE:b=2',
      'Empty:',
      '__proto__: x',
    ];
    reader.read(Buffer.from(message('HTTP/1.1 200 OK', ...lines, '', ''), 'latin1'));
    expect(Object.entries(reader.head?.headers ?? {})).toEqual([
      ['set-cookie', ['a=1; Path=/', 'b=2']],
      ['x-name', 'caf\xe9'],
      ['empty', ''],
      ['__proto__', 'x'],
    ]);
    expect(reader.head?.headers['constructor']).toBeUndefined();
    expect(reader.head?.headers['toString' as 'date']).toBeUndefined();
  });
});

const head = (...lines: string[]): string => message('HTTP/1.1 200 OK', ...lines, '', '');
const chunked = head('Transfer-Encoding: chunked');

describe('an invalid response', () => {
  const rubbish: [string, string, string][] = [
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'expected the head of an HTTP/1.1 response, got "S'],
    ['a page without a head', '<html></html>', 'expected the head'],
    ['HTTP/2', message('HTTP/2 200', '', ''), 'expected the'],
    ['a status of two digits', message('HTTP/1.1 20 OK', '', ''), 'expected the status'],
    ['lines that end with LF only', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', 'expected the head'],
    ['a header without a name', head(': x'), 'expected a header, got ": x"'],
    ['a header with a space before its colon', head('Content-Length : 1'), 'expected a header'],
    ['a folded header', head('X-A: 1', ' 2'), 'expected a header'],
    ['a control character', head('X-A: a\x00b'), 'expected a header'],
    ['two lengths', head('Content-Length: 1', 'Content-Length: 2'), 'expected one Content-Length'],
    ['a negative length', head('Content-Length: -1'), 'expected one Content-Length'],
    ['a length and chunks', head('Content-Length: 1', 'Transfer-Encoding: chunked'), 'got both'],
    ['a change of the protocol', message('HTTP/1.1 101 Switching Protocols', '', ''), 'got status 101'],
    ['a chunk without a size', `${chunked}xyz\r\n`, 'expected the size of a chunk, got "xyz"'],
    ['a chunk of a huge size', `${chunked}fffffffff\r\n`, 'expected the size of a chunk'],
    ['a chunk that is longer than its size', `${chunked}1\r\nab\r\n`, 'expected a line end after a chunk'],
    ['a chunk whose line ends with LF only', `${chunked}1\na`, 'expected a line that ends with CR LF'],
    ['an endless head', head(`X-A: ${'a'.repeat(20_000)}`), 'expected at most'],
    ['an endless line', `${chunked}${'0'.repeat(20_000)}`, 'expected at most'],
  ];

  it.each(rubbish)('with %s is an error, in pieces of every size', (_, text, message) => {
    for (const size of [1, 2, 3, 5, 17, 1000, text.length])
      if (text.length / size < 2000) expect(() => read(text, { size })).toThrow(message);
  });

  it('is no complete response if the connection ends too early', () => {
    for (const text of ['', 'HTTP/1.1 200 OK\r\n', `${head('Content-Length: 2')}x`, `${chunked}1\r\na\r\n`])
      expect(read(text, { ends: true }).done).toBe(false);
  });
});

it('reads a head whose lines begin as those of the last head', () => {
  const read = (...lines: string[]): ResponseReader => {
    const reader = new ResponseReader();
    reader.begin('HEAD');
    reader.read(Buffer.from(message('HTTP/1.1 200 Alike', ...lines, '', ''), 'latin1'));
    return reader;
  };
  expect(read('X-A: 1', 'Connection: close').head).toMatchObject({ headers: { 'x-a': '1' }, kept: 0 });
  expect(read('X-AB: 2', 'Connection: keep-alive').head).toMatchObject({ kept: 4000 });
  expect(read('X-AB:\t3 \t').head?.headers).toEqual({ 'x-ab': '3' });
  expect(read('X-A: :4').head?.headers).toEqual({ 'x-a': ':4' });
  expect(() => read('X-A: 5\x00')).toThrow('expected a header, got "X-A: 5');
  expect(() => read('X-A')).toThrow('expected a header, got "X-A"');
});

it('parses each head only once, also if the heads of several instances alternate', () => {
  const headOf = (name: string): unknown => {
    const reader = new ResponseReader();
    reader.begin('GET');
    reader.read(Buffer.from(`HTTP/1.1 200 OK\r\nX-Instance-Id: ${name}\r\nContent-Length: 0\r\n\r\n`));
    return reader.head;
  };
  for (let i = 0; i < 20; i++) headOf(`other-${i}`);
  const first = [headOf('app-1'), headOf('app-2')];
  for (let i = 0; i < 20; i++) {
    expect(headOf('app-1')).toBe(first[0]);
    if (i % 5 === 0) headOf(`between-${i}`);
    expect(headOf('app-2')).toBe(first[1]);
  }
});

it('reads the same headers from heads that share lines, also after a head with more lines', () => {
  for (let i = 0; i < 500; i++) {
    const lines = ['Vary:  Accept ', `X-Request-Id: r-${i}`, 'Set-Cookie: a=1', 'set-cookie: a=1'];
    if (i % 3 === 0) lines.push('Set-Cookie: a=1');
    const reader = new ResponseReader();
    reader.begin('GET');
    reader.read(Buffer.from(message('HTTP/1.1 204 No Content', ...lines, '', '')));
    expect(reader.head?.text).toBe(message('HTTP/1.1 204 No Content', ...lines, ''));
    expect({ ...reader.head?.headers }).toEqual({
      vary: 'Accept',
      'x-request-id': `r-${i}`,
      'set-cookie': Array(i % 3 === 0 ? 3 : 2).fill('a=1'),
    });
  }
});

it('reads each of many heads with an id of its own, and then equal heads', () => {
  const idOf = (id: number) => {
    const reader = new ResponseReader();
    reader.begin('GET');
    reader.read(Buffer.from(message('HTTP/1.1 200 OK', `X-Id: ${id}`, 'Content-Length: 0', '', '')));
    return reader.head?.headers['x-id'];
  };
  const ids = Array.from({ length: 200 }, (_, i) => i);
  expect(ids.map(idOf)).toEqual(ids.map(String));
  expect([7, 7, 7, 8].map(idOf)).toEqual(['7', '7', '7', '8']);
});
