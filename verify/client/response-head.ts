/** Parses the head of an HTTP/1.1 response (RFC 9112). Recognises a head that was parsed before. */
import { type IncomingHttpHeaders, maxHeaderSize } from 'node:http';

export interface ParsedHead {
  status: number;
  headers: IncomingHttpHeaders;
  /** Length of the body, bytes; or the mark of its end: the last chunk, or the end of the connection. */
  length: number | 'chunked' | 'close';
  /**
   * Maximum time that the connection may wait for its next request, milliseconds. 0: the connection carries no
   * further request.
   */
  kept: number;
}

export const HEAD_END = Buffer.from('\r\n\r\n');
export const LINE_FEED = 10;

export const badResponse = (message: string): Error =>
  Object.assign(new Error(message), { code: 'BAD_RESPONSE' });

export function checkSize(bytes: number): void {
  if (bytes > maxHeaderSize)
    throw badResponse(`expected at most ${maxHeaderSize} bytes of a head, got ${bytes}`);
}

export const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

interface KnownHead {
  /** The head with its empty line. */
  bytes: Buffer;
  head: ParsedHead;
}

/** Heads that came before, the last one first. Within a second, an instance usually sends the same head. */
const heads: KnownHead[] = [];
const HEADS = 8;

/** Returns the known head at the begin of the bytes; undefined if there is none. Equal heads share one object. */
export function knownHead(all: Buffer, at: number): KnownHead | undefined {
  for (let i = 0; i < heads.length; i++) {
    const known = heads[i] as KnownHead;
    const { bytes } = known;
    const end = at + bytes.length;
    if (end > all.length || all[end - 1] !== LINE_FEED || all.compare(bytes, 0, bytes.length, at, end) !== 0)
      continue;
    if (i > 0) {
      heads.copyWithin(1, 0, i);
      heads[0] = known;
    }
    return known;
  }
  return undefined;
}

/** Parses a head with its empty line, and keeps it. */
export function keepHead(bytes: Buffer): KnownHead {
  const head = parseHead(bytes.toString('latin1', 0, bytes.length - HEAD_END.length));
  const known = { bytes: Buffer.from(bytes), head };
  heads.unshift(known);
  if (heads.length > HEADS) heads.pop();
  return known;
}

export const PROTOCOL = 'HTTP/1.';
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~\w-]+):([\t\x20-\x7e\x80-\xff]*)$/;

function parseHead(text: string): ParsedHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined)
    throw badResponse(`expected the status of an HTTP/1.1 response, got ${shown(first)}`);
  const headers: IncomingHttpHeaders = Object.create(null);
  for (const line of lines) {
    const { key, value } = fieldOf(line);
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
  }
  return {
    status: Number(status),
    headers,
    length: lengthOf(headers),
    kept: keptFor(headers, minor === '1'),
  };
}

interface Field {
  /** The name in lower case. */
  key: string;
  value: string;
}

/** The fields of lines that came before. An id or a date makes a head new, but most of its lines are known. */
const fields = new Map<string, Field>();
/** Maximum number of lines whose fields are kept. */
const FIELDS = 200;

/** Returns the field of a line. @throws an error with the code BAD_RESPONSE */
function fieldOf(line: string): Field {
  let field = fields.get(line);
  if (field === undefined) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) throw badResponse(`expected a header, got ${shown(line)}`);
    field = { key: name.toLowerCase(), value: value.replace(/^[\t ]+|[\t ]+$/g, '') };
    if (fields.size >= FIELDS) fields.clear();
    fields.set(line, field);
  }
  return field;
}

/**
 * Returns the length of a body or the mark of its end (RFC 9112, 6.3). A head with two different lengths is an attack
 * or a defect.
 */
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
