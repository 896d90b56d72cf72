/** Parses the head of an HTTP/1.1 response: its status line and headers (RFC 9112). Keeps the last parsed heads. */
import { type IncomingHttpHeaders, maxHeaderSize } from 'node:http';

export interface ParsedHead {
  status: number;
  headers: IncomingHttpHeaders;
  /** Length of the body, bytes; or what ends it: the last chunk, or the end of the connection. */
  length: number | 'chunked' | 'close';
  /** How long the connection may be idle before its next request, milliseconds; 0 if it may carry no other request. */
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

/** Number of heads since the last one that was known. Many apps send an id in each response, so that no head repeats. */
let missed = 0;
/** Number of heads in a row that were not known, after which only every 16th head is kept. */
const MISSED = 64;

/** Returns the head that begins at a position, if the same bytes were parsed before; else undefined. */
export function knownHead(all: Buffer, at: number): KnownHead | undefined {
  for (let i = 0; i < heads.length; i++) {
    const known = heads[i] as KnownHead;
    const { bytes } = known;
    const end = at + bytes.length;
    if (end > all.length || all[end - 1] !== LINE_FEED || all.compare(bytes, 0, bytes.length, at, end) !== 0)
      continue;
    missed = 0;
    if (i > 0) {
      heads.copyWithin(1, 0, i);
      heads[0] = known;
    }
    return known;
  }
  return undefined;
}

/** Parses a head with its empty line, and keeps it, unless the last heads were all different. */
export function newHead(bytes: Buffer): ParsedHead {
  const head = parseHead(bytes.toString('latin1', 0, bytes.length - LINE_END.length));
  if (++missed > MISSED && missed % 16 !== 0) return head;
  heads.unshift({ bytes: Buffer.from(bytes), head });
  if (heads.length > HEADS) heads.pop();
  return head;
}

export const PROTOCOL = 'HTTP/1.';
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~\w-]+):([\t\x20-\x7e\x80-\xff]*)$/;
const LINE_END = '\r\n';

/** A header line of a response. */
interface Line {
  /** The header line with its line end. */
  text: string;
  /** The name of the header, in lower case. */
  key: string;
  value: string;
}

/** A status line, and the lines of the last head that began with it. */
interface Pattern {
  /** The status line with its line end. */
  text: string;
  minor: string;
  status: number;
  lines: Line[];
}

/** The last head for each status line. A head with a new date or id mostly has the same lines as the last one. */
const patterns = new Map<string, Pattern>();
/** Maximum number of status lines for which the last head is kept. */
const PATTERNS = 50;

/** The headers of a head. V8 reads and fills such an object faster than one that `Object.create(null)` makes. */
class HeaderValues {}
// A header may have any name, such as `constructor`.
Object.setPrototypeOf(HeaderValues.prototype, null);
Reflect.deleteProperty(HeaderValues.prototype, 'constructor');

/** Parses a head. @param text the head with the end of its last line, but without its empty line */
function parseHead(text: string): ParsedHead {
  const pattern = patternOf(text.slice(0, text.indexOf(LINE_END)));
  const { lines } = pattern;
  const headers = new HeaderValues() as IncomingHttpHeaders;
  let count = 0;
  for (let at = pattern.text.length; at < text.length; count++) {
    let line = lines[count];
    // V8 compares two equal long texts faster than `startsWith` does.
    if (line === undefined || text.slice(at, at + line.text.length) !== line.text) {
      line = lineOf(text.slice(at, text.indexOf(LINE_END, at)));
      lines[count] = line;
    }
    const { key, value } = line;
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
    at += line.text.length;
  }
  lines.length = count;
  return {
    status: pattern.status,
    headers,
    length: lengthOf(headers),
    kept: keptFor(headers, pattern.minor === '1'),
  };
}

/** Returns the pattern of a status line. @throws an error with the code BAD_RESPONSE */
function patternOf(first: string): Pattern {
  let pattern = patterns.get(first);
  if (pattern === undefined) {
    const [, minor, status] = STATUS_LINE.exec(first) ?? [];
    if (minor === undefined)
      throw badResponse(`expected the status of an HTTP/1.1 response, got ${shown(first)}`);
    pattern = { text: first + LINE_END, minor, status: Number(status), lines: [] };
    if (patterns.size >= PATTERNS) patterns.clear();
    patterns.set(first, pattern);
  }
  return pattern;
}

/** Parses a line. @throws an error with the code BAD_RESPONSE */
function lineOf(line: string): Line {
  const [, name, value] = FIELD.exec(line) ?? [];
  if (name === undefined || value === undefined) throw badResponse(`expected a header, got ${shown(line)}`);
  return {
    text: line + LINE_END,
    key: name.toLowerCase(),
    value: value.replace(/^[\t ]+|[\t ]+$/g, ''),
  };
}

/**
 * Returns the length of a body, or what ends it (RFC 9112, 6.3). Rejects two different lengths as a possible attack.
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
/** Baton closes an idle connection earlier than its server, by this time, milliseconds. */
const MARGIN = 2000;

function keptFor({ connection, 'keep-alive': hint }: IncomingHttpHeaders, persists: boolean): number {
  const words = wordsOf(connection);
  if (words.includes('close') || !(persists || words.includes('keep-alive'))) return 0;
  const seconds = /\btimeout\s*=\s*(\d+)/i.exec(`${hint ?? ''}`)?.[1];
  return seconds === undefined ? IDLE : Math.max(0, Math.min(MOST, Number(seconds) * 1000 - MARGIN));
}
