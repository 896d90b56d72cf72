/** Reads more facts from a response: caching, the server's clock, and session cookies in plain text. */
import type { Caching, Operation } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import { servedFromCache } from './cache-hit.ts';
import { decoded } from './cookie-attributes.ts';

/** Minimum length of a cookie value, in characters. A shorter value may occur in a page for other reasons. */
const MIN_LENGTH = 16;

export type Looked = Pick<Operation, 'skew' | 'caching' | 'exposed'>;

export interface Moment {
  /** Time when the response came, on the wall clock of this machine, milliseconds since the epoch. */
  now: number;
  /** Time from the request to the end of the response, milliseconds. */
  took: number;
}

/** @param secrets values of the session cookies that were sent or set */
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

/** Returns whether a text has one of the secrets. */
function shows(secrets: readonly string[], text: string): boolean {
  for (const value of secrets) if (value.length >= MIN_LENGTH && stands(value, text)) return true;
  return false;
}

/** The last text of a Date header, and its time. All responses of one second have the same text. */
const last = { text: '', time: Number.NaN };

function dateOf(header: string | string[] | undefined): number {
  const text = String(header);
  if (text !== last.text) Object.assign(last, { text, time: Date.parse(text) });
  return last.time;
}

function stands(value: string, text: string): boolean {
  if (text === '') return false;
  return text.includes(value) || (value.includes('%') && text.includes(decoded(value)));
}

const joined = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;

/** By headers object: its caching. Responses with equal headers usually share one headers object. */
const cachings = new WeakMap<Reply['headers'], Caching>();

/** Returns the caching of headers. Computes it only once if it depends only on the headers. */
function knownCaching(headers: Reply['headers'], date: number, took: number): Caching {
  let caching = cachings.get(headers);
  if (caching === undefined) {
    caching = cachingOf(headers, date, took);
    if (headers['age'] === undefined && headers['expires'] === undefined) cachings.set(headers, caching);
  }
  return caching;
}

/** @param date date of the response; our clock if the response has no date (RFC 9111, 4.2.3) */
function cachingOf(headers: Reply['headers'], date: number, took: number): Caching {
  const caching: Caching = {};
  const control = joined(headers['cache-control']);
  const vary = joined(headers['vary']);
  if (control !== undefined) caching.control = control;
  if (vary !== undefined) caching.vary = vary;
  const expires = joined(headers['expires']);
  if (expires !== undefined) {
    // "0", and any other value that is not an HTTP date, means "already expired" (RFC 9111, 5.3).
    const at = /[a-z]/i.test(expires) ? Date.parse(expires) : Number.NaN;
    caching.expires = at > 0 ? Math.round((at - date) / 1000) : -1;
  }
  if (servedFromCache(headers, took)) caching.hit = true;
  return caching;
}
