/** Reads HTTP/1.1 responses from the bytes of a connection (RFC 9112). A response may come in pieces of any size. */
import { bodyFailure, MAX_BODY } from './body.ts';
import {
  badResponse,
  checkSize,
  HEAD_END,
  keepHead,
  knownHead,
  LINE_FEED,
  type ParsedHead,
  PROTOCOL,
  shown,
} from './response-head.ts';

type Part = 'head' | 'body' | 'size' | 'chunk' | 'crlf' | 'trailer' | 'close' | 'done';

const NOTHING = Buffer.alloc(0);

export class ResponseReader {
  /** The head of the response. Absent until the whole head has come. Interim responses (1xx) are skipped. */
  head: ParsedHead | undefined;
  /**
   * The body of a complete response. Copy these bytes before you read more: the next data of the connection
   * overwrites them.
   */
  body: Buffer = NOTHING;
  /** True if bytes came after the end of the response. */
  surplus = false;
  #part: Part = 'done';
  #bodiless = false;
  /** The bytes of an incomplete head or line. */
  #rest: Buffer | undefined;
  /** The bytes of the body that have come so far. */
  #parts: Buffer[] = [];
  /** Number of bytes in `#parts`. */
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
   * Reads the next bytes of the connection. Afterwards the caller may reuse the buffer with these bytes.
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

  /** Handles the end of the connection. @returns whether this end completes the response */
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

function sizeOf(line: string): number {
  const size = /^([0-9a-f]{1,8})[\t ]*(?:;.*)?$/i.exec(line)?.[1];
  if (size === undefined) throw badResponse(`expected the size of a chunk, got ${shown(line)}`);
  return Number.parseInt(size, 16);
}
