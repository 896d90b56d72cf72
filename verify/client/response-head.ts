/** Parses the head of an HTTP/1.1 response (RFC 9112). Caches the last heads, because many are equal. */
import { type IncomingHttpHeaders, maxHeaderSize } from 'node:http';

export interface ParsedHead {
  status: number;
  headers: IncomingHttpHeaders;
  /** The head as it was sent, without its empty line. */
  text: string;
  /**
   * Length of the body, bytes. `chunked`: the body ends with its last chunk. `close`: the body ends with the
   * connection.
   */
  length: number | 'chunked' | 'close';
  /** Time for which the idle connection may be reused, milliseconds; 0 if it must carry no further request. */
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
  /** The bytes of the head, including the empty line. */
  bytes: Buffer;
  head: ParsedHead;
}

/** Cache of parsed heads, newest first. An instance often sends the same head many times within a second. */
const heads: KnownHead[] = [];
const HEADS = 8;

/** Number of responses since the last cached head. In many apps no head repeats, because each head has an id. */
let missed = 0;
/** After this number of consecutive new heads, only every 16th head is cached and compared. */
const MISSED = 64;

const oftenKnown = (): boolean => missed <= MISSED || missed % 16 === 0;

/** Returns the cached head that equals the bytes at this position; undefined if there is none. */
export function knownHead(all: Buffer, at: number): KnownHead | undefined {
  if (!oftenKnown()) return undefined;
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

/** Parses a head with its empty line. Caches the head, unless many consecutive heads were new. */
export function newHead(bytes: Buffer): ParsedHead {
  const head = parseHead(bytes.toString('latin1', 0, bytes.length - LINE_END.length));
  missed++;
  if (!oftenKnown()) return head;
  heads.unshift({ bytes: Buffer.from(bytes), head });
  if (heads.length > HEADS) heads.pop();
  return head;
}

export const PROTOCOL = 'HTTP/1.';
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const NAME = /^[!#$%&'*+.^_`|~\w-]+/;
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;
const LINE_END = '\r\n';

interface Line {
  text: string;
  name: string;
  key: string;
  value: string;
}

interface Pattern {
  text: string;
  minor: string;
  status: number;
  lines: Line[];
}

/**
 * Key: status line; value: the last header lines after this status line. Most lines repeat, and need not be parsed
 * again.
 */
const patterns = new Map<string, Pattern>();
const PATTERNS = 50;

/** V8 fills and reads this object faster than one from `Object.create(null)`. */
class HeaderValues {}
// A header may have the name `constructor`.
Object.setPrototypeOf(HeaderValues.prototype, null);
Reflect.deleteProperty(HeaderValues.prototype, 'constructor');

function parseHead(text: string): ParsedHead {
  const pattern = patternOf(text.slice(0, text.indexOf(LINE_END)));
  const { lines } = pattern;
  const headers = new HeaderValues() as IncomingHttpHeaders;
  let count = 0;
  for (let at = pattern.text.length; at < text.length; count++) {
    let line = lines[count];
    // V8 compares equal long texts faster with `===` than with `startsWith`.
    if (line === undefined || text.slice(at, at + line.text.length) !== line.text) {
      line = lineOf(text.slice(at, text.indexOf(LINE_END, at)), line);
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
    text,
    length: lengthOf(headers),
    kept: keptFor(headers, pattern.minor === '1'),
  };
}

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

/** @param before the line at the same position in the last head; its header usually has the same name */
function lineOf(line: string, before: Line | undefined): Line {
  let end = before?.name.length ?? 0;
  let key = before?.key;
  if (key === undefined || line[end] !== ':' || !line.startsWith(before?.name as string)) {
    end = NAME.exec(line)?.[0].length ?? 0;
    key = line.slice(0, end).toLowerCase();
  }
  let from = end + 1;
  if (end === 0 || line[end] !== ':' || FORBIDDEN.test(line))
    throw badResponse(`expected a header, got ${shown(line)}`);
  let to = line.length;
  while (isBlank(line[from])) from++;
  while (to > from && isBlank(line[to - 1])) to--;
  return { text: line + LINE_END, name: line.slice(0, end), key, value: line.slice(from, to) };
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';

/**
 * Returns the length or the end of a body (RFC 9112, 6.3). Two different lengths may be an attack, so Baton refuses the
 * response.
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

/** If the server states no timeout, Baton closes a connection after this idle time, milliseconds. */
const IDLE = 4000;
/** Baton closes every connection after this idle time, milliseconds. */
const MOST = 600_000;
/** Baton closes an idle connection this much earlier than the server would, milliseconds. */
const MARGIN = 2000;

/** Caches the result of the last call. A server usually sends the same headers in each response. */
let lastKept: { connection: unknown; hint: unknown; persists: boolean; time: number } | undefined;

function keptFor({ connection, 'keep-alive': hint }: IncomingHttpHeaders, persists: boolean): number {
  const last = lastKept;
  if (last?.connection === connection && last?.hint === hint && last?.persists === persists) return last.time;
  const time = keptBy(connection, hint, persists);
  lastKept = { connection, hint, persists, time };
  return time;
}

function keptBy(
  connection: string | undefined,
  hint: string | string[] | undefined,
  persists: boolean,
): number {
  const words = wordsOf(connection);
  if (words.includes('close') || !(persists || words.includes('keep-alive'))) return 0;
  const seconds = /\btimeout\s*=\s*(\d+)/i.exec(`${hint ?? ''}`)?.[1];
  return seconds === undefined ? IDLE : Math.max(0, Math.min(MOST, Number(seconds) * 1000 - MARGIN));
}
