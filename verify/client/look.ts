/** Finds facts in a response: its caching headers, the error of the server's clock, and exposed session cookies. */
import type { Caching, Operation } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import { servedFromCache } from './cache-hit.ts';
import { decoded } from './cookie-attributes.ts';
import { Recent } from './recent.ts';

/** Minimum length of a cookie value to search for in pages, characters. Shorter values may occur by chance. */
const MIN_LENGTH = 16;

export type Looked = Pick<Operation, 'skew' | 'caching' | 'exposed'>;

export interface Moment {
  /** Wall-clock time at which the last byte arrived, milliseconds since 1970. */
  now: number;
  /** Time from the request to the end of the response, milliseconds. */
  took: number;
}

/**
 * Returns the caching headers, the error of the server's clock, and the session cookies that a page exposes.
 *
 * @param secrets values of the session cookies in the request and response
 */
export function look(
  { status, headers, body, facts }: Reply,
  { now, took }: Moment,
  secrets: readonly string[],
): Looked {
  const looked: Looked = {};
  if (status === undefined) return looked;
  const date = dateOf(headers['date']);
  if (date > 0) looked.skew = Math.round((date - now) * 1000);
  if (status < 400) looked.caching = knownCaching(headers, date > 0 ? date : now, took);
  const exposed: ('url' | 'body')[] = [];
  const { location } = headers;
  if (location !== undefined && shows(secrets, String(location))) exposed.push('url');
  let known = facts?.exposed;
  if (known?.secrets !== secrets) {
    known = { secrets, shown: shows(secrets, body) };
    if (facts !== undefined) facts.exposed = known;
  }
  if (known.shown) exposed.push('body');
  if (exposed.length > 0) looked.exposed = exposed;
  return looked;
}

function shows(secrets: readonly string[], text: string): boolean {
  for (const value of secrets) if (value.length >= MIN_LENGTH && stands(value, text)) return true;
  return false;
}

/** Caches the last parsed Date header. All responses within a second have the same Date. */
const last = { text: '', time: Number.NaN };

/** Returns the time of a Date header, milliseconds since the epoch. Returns NaN if the header is not a date. */
export function dateOf(header: string | string[] | undefined): number {
  const text = String(header);
  if (text !== last.text) {
    last.text = text;
    last.time = Date.parse(text);
  }
  return last.time;
}

function stands(value: string, text: string): boolean {
  if (text === '') return false;
  return text.includes(value) || (value.includes('%') && text.includes(decoded(value)));
}

const joined = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;

/** Key: the JavaScript object with all headers. Responses with equal headers usually share this object. */
const cachings = new Recent<Reply['headers'], Caching>();
let before: Caching = {};

function knownCaching(headers: Reply['headers'], date: number, took: number): Caching {
  let caching = cachings.get(headers);
  if (caching === undefined) {
    caching = cachingOf(headers, date, took);
    const { control, vary, expires, hit } = caching;
    const same = control === before.control && vary === before.vary;
    if (same && expires === before.expires && hit === before.hit) caching = before;
    else before = caching;
    if (headers['age'] === undefined && headers['expires'] === undefined) cachings.set(headers, caching);
  }
  return caching;
}

/** @param date date of the response, or of this machine if the response has none (RFC 9111, 4.2.3) */
function cachingOf(headers: Reply['headers'], date: number, took: number): Caching {
  const caching: Caching = {};
  const control = joined(headers['cache-control']);
  const vary = joined(headers['vary']);
  if (control !== undefined) caching.control = control;
  if (vary !== undefined) caching.vary = vary;
  const expires = joined(headers['expires']);
  if (expires !== undefined) {
    // An Expires header that is not a date, such as "0", means "already expired" (RFC 9111, 5.3).
    const at = /[a-z]/i.test(expires) ? Date.parse(expires) : Number.NaN;
    caching.expires = at > 0 ? Math.round((at - date) / 1000) : -1;
  }
  if (servedFromCache(headers, took)) caching.hit = true;
  return caching;
}
