/** Reads HTTP/1.1 responses from a connection's bytes (RFC 9112), which come in pieces of any size. */
import { bodyFailure, MAX_BODY } from './body.ts';
import {
  badResponse,
  checkSize,
  HEAD_END,
  knownHead,
  LINE_FEED,
  newHead,
  type ParsedHead,
  PROTOCOL,
  shown,
} from './response-head.ts';

type Part = 'head' | 'body' | 'size' | 'chunk' | 'crlf' | 'trailer' | 'close' | 'done';

const NOTHING = Buffer.alloc(0);

export class ResponseReader {
  /** Status and headers; undefined until they have arrived. Interim responses (1xx) are skipped. */
  head: ParsedHead | undefined;
  /** The body of a complete response. The next `read` may overwrite its bytes. */
  body: Buffer = NOTHING;
  /** True if bytes arrived after the end of the response. */
  surplus = false;
  #part: Part = 'done';
  #bodiless = false;
  /** The bytes of an incomplete head or line. */
  #rest: Buffer | undefined;
  #parts: Buffer[] = [];
  #bytes = 0;
  #left = 0;

  get done(): boolean {
    return this.#part === 'done';
  }

  begin(method: string): void {
    this.head = undefined;
    this.body = NOTHING;
    this.#part = 'head';
    this.#bodiless = method === 'HEAD';
    this.#bytes = 0;
  }

  /**
   * Reads the next bytes. Keeps no reference to the buffer, except in `body`.
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

  /** Call this when the server has closed the connection. Returns whether the response is now complete. */
  end(): boolean {
    if (this.#part !== 'close') return false;
    this.#finish();
    return true;
  }

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
    const known = knownHead(all, at);
    if (known !== undefined) return this.#take(known.head, at + known.bytes.length);
    const end = all.indexOf(HEAD_END, at);
    if (end === -1) return this.#keepRest(all, at);
    checkSize(end - at);
    const next = end + HEAD_END.length;
    return this.#take(newHead(all.subarray(at, next)), next);
  }

  #take(head: ParsedHead, next: number): number {
    const { status, length } = head;
    if (status >= 200) {
      this.head = head;
      this.#begin(this.#bodiless || status === 204 || status === 304 ? 0 : length);
    } else if (status === 101) throw badResponse('expected a response, got status 101 (Switching Protocols)');
    return next;
  }

  #begin(length: ParsedHead['length']): void {
    if (length === 'chunked') this.#part = 'size';
    else if (length === 0) this.#finish();
    else {
      this.#part = length === 'close' ? 'close' : 'body';
      this.#left = length === 'close' ? Number.POSITIVE_INFINITY : length;
    }
  }

  #readBody(all: Buffer, at: number): number {
    const to = Math.min(all.length, at + this.#left);
    const piece = all.subarray(at, to);
    this.#left -= piece.length;
    this.#bytes += piece.length;
    if (this.#bytes > MAX_BODY) throw bodyFailure('BODY_TOO_LARGE');
    if (this.#left === 0 && this.#part === 'body') this.#finish(piece);
    else {
      // Copies the bytes, because the connection overwrites its buffer at the next read.
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

  /** Throws if these bytes cannot begin a valid head or line. */
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
