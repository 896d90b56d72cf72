/** Finds out from the headers of a response whether a cache or CDN served it, instead of the app. */
import type { Reply } from '../core/response/reply.ts';

/**
 * Non-standard headers by which caches say whether they served a response: x-cache (CloudFront, Fastly, Varnish,
 * Akamai, Squid, Apache, Azure), x-cache-status and x-proxy-cache (nginx), cf-cache-status (Cloudflare),
 * x-vercel-cache, cdn-cache (Bunny), x-cache-remote (Akamai), cdn_cache_status (Google), x-drupal-cache.
 */
const STATUS = [
  'x-cache',
  'x-cache-status',
  'x-cache-remote',
  'x-proxy-cache',
  'cf-cache-status',
  'cdn-cache',
  'cdn_cache_status',
  'x-vercel-cache',
  'x-drupal-cache',
];

/** All headers that may show that a cache served the response. */
const ALL = ['cache-status', 'age', ...STATUS];

/**
 * Words in headers such as X-Cache that mean that the cache had stored the response. The stored response may be fresh,
 * stale, or confirmed by the app as unchanged.
 */
const SERVED = /^(?:\w*hit|hit(?:cluster|stale)|stale|updating|revalidated?)$/;
/**
 * Words in headers such as X-Cache that mean that the app made the response. Some of them contain `hit` nevertheless:
 * HIT-FOR-PASS, HITPASS, TCP_REFRESH_MISS, "no hit".
 */
const NOT = /^(?:\w*pass|\w*miss|synth|bypass|no|false|0)$/;

/**
 * Returns whether a cache served the response. A header such as `X-Cache: MISS` has precedence over the Age header.
 *
 * @param took time from the request to the end of its response, milliseconds
 */
export function servedFromCache(headers: Reply['headers'], took: number): boolean {
  if (!ALL.some(name => headers[name] !== undefined)) return false;
  const standard = membersOf(headers['cache-status']);
  if (standard.some(isStandardHit)) return true;
  const members = STATUS.flatMap(name => membersOf(headers[name]));
  if (members.some(isHit)) return true;
  if (standard.length > 0 || members.length > 0) return false;
  return isOlder(headers['age'], took);
}

/** Returns the members of a header that is a list. Each cache on the way to the client adds one member. */
function membersOf(value: string | string[] | undefined): string[] {
  const text = [value ?? []].flat().join(',');
  // Does not split a header at a comma within quotes.
  return (text.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []).filter(member => member.trim() !== '');
}

/** Returns whether a member of Cache-Status shows a hit (RFC 9211): `Name; hit; ttl=30`, but not `Name; fwd=miss`. */
const isStandardHit = (member: string): boolean =>
  member
    .replace(/"(?:\\.|[^"\\])*"/g, '')
    .split(';')
    .slice(1)
    .some(parameter => /^\s*hit\s*(?:=\s*\?1\s*)?$/i.test(parameter));

/** Returns whether a text shows a hit, such as `Hit from cloudfront` or `TCP_MEM_HIT from a23.deploy (Akamai/11)`. */
function isHit(member: string): boolean {
  const words = member
    .toLowerCase()
    .replace(/\b(?:from|by|via)\b.*$|\(.*$/s, '')
    .split(/[^a-z0-9]+/);
  return words.some(word => SERVED.test(word)) && !words.some(word => NOT.test(word));
}

/** Maximum rounding error of the Age header, seconds. */
const ROUNDING = 1;

/**
 * Returns whether the Age header says that the response is older than the request. If so, a cache had stored the
 * response.
 */
function isOlder(value: string | string[] | undefined, took: number): boolean {
  // If the Age header has several values, the first one counts (RFC 9111, 5.1).
  const [age = ''] = [value ?? []].flat().join(',').split(',');
  return /^\s*\d+\s*$/.test(age) && Number(age) > took / 1000 + ROUNDING;
}
