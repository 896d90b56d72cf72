/** What a response says beside its page: to caches, of its clock, and of cookies that stand in the open. */
import type { Caching, Operation } from '../core/history.ts';
import type { Reply } from '../core/interpret.ts';
import { decoded } from './cookie-attributes.ts';

/** Values that are shorter stand in a page for other reasons. */
const TELLING = 16;
/** Headers by which caches say that they answered themselves. */
const HITS = ['x-cache', 'x-cache-status', 'x-proxy-cache', 'cf-cache-status'];

export type Looked = Pick<Operation, 'skew' | 'caching' | 'exposed'>;

/**
 * @param now our wall clock at the return, milliseconds since the epoch
 * @param secrets values of the session cookies that were sent
 */
export function look({ status, headers, body }: Reply, now: number, secrets: readonly string[]): Looked {
  if (status === undefined) return {};
  const looked: Looked = {};
  const date = Date.parse(String(headers['date']));
  if (date > 0) looked.skew = Math.round((date - now) * 1000);
  if (status < 400) looked.caching = cachingOf(headers, date);
  const values = secrets.filter(value => value.length >= TELLING);
  const exposed: ('url' | 'body')[] = [];
  if (values.some(value => stands(value, String(headers['location'] ?? '')))) exposed.push('url');
  if (values.some(value => stands(value, body))) exposed.push('body');
  if (exposed.length > 0) looked.exposed = exposed;
  return looked;
}

function stands(value: string, text: string): boolean {
  if (text === '') return false;
  return text.includes(value) || (value.includes('%') && text.includes(decoded(value)));
}

function cachingOf(headers: Reply['headers'], date: number): Caching {
  const caching: Caching = {};
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  const [control, vary] = [text('cache-control'), text('vary')];
  if (control !== undefined) caching.control = control;
  if (vary !== undefined) caching.vary = vary;
  const expires = text('expires');
  if (expires !== undefined) {
    // "0" and other rubbish mean "already expired" (RFC 9111, 5.3).
    const at = Date.parse(expires);
    caching.expires = at > 0 && date > 0 ? Math.round((at - date) / 1000) : -1;
  }
  if (text('age') !== undefined || HITS.some(name => /\bhit\b/i.test(text(name) ?? ''))) caching.hit = true;
  return caching;
}
