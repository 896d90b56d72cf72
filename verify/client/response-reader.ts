/** Reads HTTP/1.1 responses from the bytes of a connection (RFC 9112). A response may come in pieces of any size. */
import { type IncomingHttpHeaders, maxHeaderSize } from 'node:http';
import { bodyFailure, MAX_BODY } from './body.ts';

export interface ParsedHead {
  status: number;
  headers: IncomingHttpHeaders;
  /** Length of the body, bytes; or what marks its end: the last chunk, or the end of the connection. */
  length: number | 'chunked' | 'close';
  /** For how long the connection may wait for its next request, milliseconds. 0: it carries no further request. */
  kept: number;
}

type Part = 'head' | 'body' | 'size' | 'chunk' | 'crlf' | 'trailer' | 'close' | 'done';

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_FEED = 10;
const NOTHING = Buffer.alloc(0);

export class ResponseReader {
  /** The head of the response. Absent until it has come. Interim responses (1xx) are skipped. */
  head: ParsedHead | undefined;
  /**
   * The body of a complete response. Its bytes are valid only until the `read` that completed it returns:
   * copy them to keep them.
   */
  body: Buffer = NOTHING;
  /** True if bytes came after the end of the response. */
  surplus = false;
  #part: Part = 'done';
  #bodiless = false;
  /** The bytes of an incomplete head or line. */
  #rest: Buffer | undefined;
  /** The earlier bytes of the body, and their number. */
  #parts: Buffer[] = [];
  #bytes = 0;
  /** Number of bytes that are missing in the body or the chunk. */
  #left = 0;

  get done(): boolean {
    return this.#part === 'done';
  }

  /** Prepares to read the response to a request. */
  begin(method: string): void {
    this.head = undefined;
    this.body = NOTHING;
    this.#part = 'head';
    this.#bodiless = method === 'HEAD';
    this.#bytes = 0;
  }

  /**
   * Reads the next bytes of the connection. The caller may reuse them afterwards.
   *
   * @throws errors with a `code`: BAD_RESPONSE, BODY_TOO_LARGE
   */
  read(bytes: Buffer): void {
    const all = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = undefined;
    let at = 0;
    while (at !== -1 && this.#part !== 'done' && at < all.length) at = this.#step(all, at);
    if (this.#part === 'done' && at < all.length) this.surplus = true;
  }

  /** Reports the end of the connection. @returns whether that completes the response */
  end(): boolean {
    if (this.#part !== 'close') return false;
    this.#finish();
    return true;
  }

  /** Reads one part. Returns where the next part begins; -1 if this part is incomplete. */
  #step(all: Buffer, at: number): number {
    switch (this.#part) {
      case 'head':
        return this.#readHead(all, at);
      case 'size':
        return this.#readLine(all, at, line => {
          this.#left = sizeOf(line);
          this.#part = this.#left === 0 ? 'trailer' : 'chunk';
        });
      case 'crlf':
        return this.#readLine(all, at, line => {
          if (line !== '') throw badResponse(`expected a line end after a chunk, got ${shown(line)}`);
          this.#part = 'size';
        });
      case 'trailer':
        return this.#readLine(all, at, line => {
          if (line === '') this.#finish();
        });
      default:
        return this.#readBody(all, at);
    }
  }

  #readHead(all: Buffer, at: number): number {
    let known = knownHead(all, at);
    if (known === undefined) {
      const end = all.indexOf(HEAD_END, at);
      if (end === -1) return this.#keepRest(all, at);
      checkSize(end - at);
      known = keepHead(all.subarray(at, end + HEAD_END.length));
    }
    const { head, bytes } = known;
    const { status, length } = head;
    if (status >= 200) {
      this.head = head;
      this.#begin(this.#bodiless || status === 204 || status === 304 ? 0 : length);
    } else if (status === 101) throw badResponse('expected a response, got 101 (a change of the protocol)');
    return at + bytes.length;
  }

  #begin(length: ParsedHead['length']): void {
    if (length === 'chunked') this.#part = 'size';
    else if (length === 0) this.#finish();
    else {
      this.#part = length === 'close' ? 'close' : 'body';
      this.#left = length === 'close' ? Number.POSITIVE_INFINITY : length;
    }
  }

  /** Reads bytes of the body. */
  #readBody(all: Buffer, at: number): number {
    const to = Math.min(all.length, at + this.#left);
    const piece = all.subarray(at, to);
    this.#left -= piece.length;
    this.#bytes += piece.length;
    if (this.#bytes > MAX_BODY) throw bodyFailure('BODY_TOO_LARGE');
    if (this.#left === 0 && this.#part === 'body') this.#finish(piece);
    else {
      // Copies the piece, because the caller may reuse its buffer.
      this.#parts.push(Buffer.from(piece));
      if (this.#left === 0) this.#part = 'crlf';
    }
    return to;
  }

  #readLine(all: Buffer, at: number, take: (line: string) => void): number {
    const end = all.indexOf(LINE_FEED, at);
    if (end === -1) return this.#keepRest(all, at);
    const line = all.toString('latin1', at, end);
    if (!line.endsWith('\r')) throw badResponse(`expected a line that ends with CR LF, got ${shown(line)}`);
    take(line.slice(0, -1));
    return end + 1;
  }

  /** Keeps an incomplete head or line. Throws if no further bytes can make it valid. */
  #keepRest(all: Buffer, at: number): -1 {
    const rest = Buffer.from(all.subarray(at));
    if (this.#part === 'head') {
      const text = rest.toString('latin1');
      if (!text.startsWith(PROTOCOL.slice(0, text.length)) || /(?:^|[^\r])\n/.test(text))
        throw badResponse(`expected the head of an HTTP/1.1 response, got ${shown(text)}`);
    }
    checkSize(rest.length);
    this.#rest = rest;
    return -1;
  }

  #finish(last?: Buffer): void {
    this.#part = 'done';
    if (this.#parts.length === 0) this.body = last ?? NOTHING;
    else {
      if (last !== undefined) this.#parts.push(last);
      this.body = Buffer.concat(this.#parts);
      this.#parts = [];
    }
  }
}

const badResponse = (message: string): Error => Object.assign(new Error(message), { code: 'BAD_RESPONSE' });

function checkSize(bytes: number): void {
  if (bytes > maxHeaderSize)
    throw badResponse(`expected at most ${maxHeaderSize} bytes of a head, got ${bytes}`);
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

function sizeOf(line: string): number {
  const size = /^([0-9a-f]{1,8})[\t ]*(?:;.*)?$/i.exec(line)?.[1];
  if (size === undefined) throw badResponse(`expected the size of a chunk, got ${shown(line)}`);
  return Number.parseInt(size, 16);
}

interface KnownHead {
  /** The head with its empty line. */
  bytes: Buffer;
  head: ParsedHead;
}

/** The last heads, the newest first. Within a second, an instance sends mostly the same head. */
const heads: KnownHead[] = [];
const HEADS = 8;

/** Returns the known head that the bytes begin with; undefined if there is none. Equal heads share one object. */
function knownHead(all: Buffer, at: number): KnownHead | undefined {
  for (let i = 0; i < heads.length; i++) {
    const known = heads[i] as KnownHead;
    const { bytes } = known;
    const end = at + bytes.length;
    if (end > all.length || all[end - 1] !== LINE_FEED || all.compare(bytes, 0, bytes.length, at, end) !== 0)
      continue;
    if (i > 0) {
      heads[i] = heads[0] as KnownHead;
      heads[0] = known;
    }
    return known;
  }
  return undefined;
}

/** Parses a head with its empty line, and keeps it. */
function keepHead(bytes: Buffer): KnownHead {
  const head = parseHead(bytes.toString('latin1', 0, bytes.length - HEAD_END.length));
  const known = { bytes: Buffer.from(bytes), head };
  if (heads.length < HEADS) heads.push(known);
  else heads[HEADS - 1] = known;
  return known;
}

const PROTOCOL = 'HTTP/1.';
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~\w-]+):([\t\x20-\x7e\x80-\xff]*)$/;

function parseHead(text: string): ParsedHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined)
    throw badResponse(`expected the status of an HTTP/1.1 response, got ${shown(first)}`);
  const headers: IncomingHttpHeaders = Object.create(null);
  for (const line of lines) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) throw badResponse(`expected a header, got ${shown(line)}`);
    const key = name.toLowerCase();
    const before = headers[key];
    const trimmed = value.replace(/^[\t ]+|[\t ]+$/g, '');
    headers[key] = before === undefined ? trimmed : [before, trimmed].flat();
  }
  return {
    status: Number(status),
    headers,
    length: lengthOf(headers),
    kept: keptFor(headers, minor === '1'),
  };
}

/** Returns how the end of a body is found (RFC 9112, 6.3). A head with two different ends is an attack or a defect. */
function lengthOf(headers: IncomingHttpHeaders): ParsedHead['length'] {
  const { 'transfer-encoding': coding, 'content-length': length } = headers;
  if (coding !== undefined && length !== undefined)
    throw badResponse('expected Content-Length or Transfer-Encoding, got both');
  if (coding !== undefined) return wordsOf(coding).at(-1) === 'chunked' ? 'chunked' : 'close';
  if (length === undefined) return 'close';
  if (!/^\d{1,15}$/.test(`${length}`))
    throw badResponse(`expected one Content-Length, got ${shown(`${length}`)}`);
  return Number(length);
}

const wordsOf = (header: string | string[] | undefined): string[] =>
  `${header ?? ''}`.toLowerCase().split(/[\t ]*,[\t ]*/);

/**
 * Idle time after which a server may close a connection, if the server does not state its own timeout,
 * milliseconds.
 */
const IDLE = 4000;
/** Maximum idle time of a connection, milliseconds. */
const MOST = 600_000;
/** A connection is closed this long before its server would close it, milliseconds. */
const MARGIN = 2000;

function keptFor({ connection, 'keep-alive': hint }: IncomingHttpHeaders, persists: boolean): number {
  const words = wordsOf(connection);
  if (words.includes('close') || !(persists || words.includes('keep-alive'))) return 0;
  const seconds = /\btimeout\s*=\s*(\d+)/i.exec(`${hint ?? ''}`)?.[1];
  return seconds === undefined ? IDLE : Math.max(0, Math.min(MOST, Number(seconds) * 1000 - MARGIN));
}
