/**
 * Parses the head of an HTTP/1.1 response, that is, its status line and headers (RFC 9112). Does not parse the same
 * bytes twice.
 */
import { type IncomingHttpHeaders, maxHeaderSize } from 'node:http';

export interface ParsedHead {
  status: number;
  headers: IncomingHttpHeaders;
  /** Length of the body, bytes; or what ends it: the last chunk, or the end of the connection. */
  length: number | 'chunked' | 'close';
  /**
   * How long the connection may be idle before its next request, milliseconds; 0 if it may carry no further request.
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
  /** The bytes of the head with its empty line. */
  bytes: Buffer;
  head: ParsedHead;
}

/** The last parsed heads, the newest first. An instance usually sends the same head many times within a second. */
const heads: KnownHead[] = [];
const HEADS = 8;

/** Returns the head that begins at a position, if the same bytes were parsed before; else undefined. */
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

/** Cache of parsed header lines, because a head with a new date or id has the same lines otherwise. */
const fields = new Map<string, Field>();
/** Maximum number of lines in this cache. */
const FIELDS = 200;

/** Parses a header line. @throws an error with the code BAD_RESPONSE */
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
 * Returns the length of a body, or what ends it (RFC 9112, 6.3). Rejects a head with two different lengths, which may
 * be an attack.
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

/** Maximum idle time of a connection whose server does not state its timeout, milliseconds. */
const IDLE = 4000;
/** Maximum idle time of any connection, milliseconds. */
const MOST = 600_000;
/** Baton closes an idle connection this time before its server would close it, milliseconds. */
const MARGIN = 2000;

function keptFor({ connection, 'keep-alive': hint }: IncomingHttpHeaders, persists: boolean): number {
  const words = wordsOf(connection);
  if (words.includes('close') || !(persists || words.includes('keep-alive'))) return 0;
  const seconds = /\btimeout\s*=\s*(\d+)/i.exec(`${hint ?? ''}`)?.[1];
  return seconds === undefined ? IDLE : Math.max(0, Math.min(MOST, Number(seconds) * 1000 - MARGIN));
}
