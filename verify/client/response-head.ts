/**
 * Parses the head of an HTTP/1.1 response: its status line and headers (RFC 9112). Keeps the last parsed heads, because
 * many responses have equal heads.
 */
import { type IncomingHttpHeaders, maxHeaderSize } from 'node:http';

export interface ParsedHead {
  status: number;
  headers: IncomingHttpHeaders;
  /**
   * Length of the body, bytes. `chunked`: the body ends with its last chunk. `close`: the body ends with the
   * connection.
   */
  length: number | 'chunked' | 'close';
  /**
   * Maximum idle time of the connection after this response, milliseconds; 0 if the connection must not carry another
   * request.
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
  /** The bytes of the head, including the empty line at its end. */
  bytes: Buffer;
  head: ParsedHead;
}

/** The last parsed heads, the newest first. An instance usually sends the same head many times within a second. */
const heads: KnownHead[] = [];
const HEADS = 8;

/**
 * Number of responses since the last one whose head was already in the list `heads`. Many apps send an id in each
 * response, so that no head repeats.
 */
let missed = 0;
/** If more consecutive responses than this number had new heads, only every 16th head is kept. */
const MISSED = 64;

/** Returns the parsed head that begins at a position, if a head with the same bytes was kept; else undefined. */
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

/** Parses a head, including the empty line at its end. Keeps it, unless many responses in a row had different heads. */
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

/** A status line, and the header lines of the last response that had this status line. */
interface Pattern {
  /** The status line with its line end. */
  text: string;
  minor: string;
  status: number;
  lines: Line[];
}

/**
 * The last header lines for each status line. Many heads differ from the last head only in a date or an id, so most of
 * their lines need not be parsed again.
 */
const patterns = new Map<string, Pattern>();
/** Maximum number of status lines for which the last header lines are kept. */
const PATTERNS = 50;

/** The headers of a response. V8 reads and fills such an object faster than one from `Object.create(null)`. */
class HeaderValues {}
// Removes the property `constructor`, because a header of a response may have this name.
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
    // Does not use `startsWith`, because V8 compares two equal long texts faster with `===`.
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

/**
 * Parses a status line, or returns the kept result of an earlier response with the same status line. The result also
 * keeps the header lines of that response, because the next response probably has the same ones.
 *
 * @throws an error with the code BAD_RESPONSE
 */
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

/** Parses a header line. @throws an error with the code BAD_RESPONSE */
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
 * Returns the length of a body, or what ends the body (RFC 9112, 6.3). Rejects a head with two different lengths,
 * because it may be an attack.
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

/** Time after which Baton closes an idle connection if the server does not state its own timeout, milliseconds. */
const IDLE = 4000;
/** Time after which Baton closes any idle connection, milliseconds. */
const MOST = 600_000;
/** How much earlier than its server Baton closes an idle connection, milliseconds. */
const MARGIN = 2000;

function keptFor({ connection, 'keep-alive': hint }: IncomingHttpHeaders, persists: boolean): number {
  const words = wordsOf(connection);
  if (words.includes('close') || !(persists || words.includes('keep-alive'))) return 0;
  const seconds = /\btimeout\s*=\s*(\d+)/i.exec(`${hint ?? ''}`)?.[1];
  return seconds === undefined ? IDLE : Math.max(0, Math.min(MOST, Number(seconds) * 1000 - MARGIN));
}
