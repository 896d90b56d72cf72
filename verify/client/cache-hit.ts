/** Finds out from headers whether a cache or CDN served a response. */
import type { Reply } from '../core/response/reply.ts';

/**
 * Headers by which caches report a hit: x-cache (CloudFront, Fastly, Varnish, Akamai, Squid, Apache, Azure),
 * x-cache-status and x-proxy-cache (nginx), cf-cache-status (Cloudflare), x-vercel-cache, cdn-cache (Bunny),
 * x-cache-remote (Akamai), cdn_cache_status (Google), x-drupal-cache.
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

const ALL = ['cache-status', 'age', ...STATUS];

/** Words in cache headers that mean a hit. */
const SERVED = /^(?:\w*hit|hit(?:cluster|stale)|stale|updating|revalidated?)$/;
/**
 * Words in cache headers that mean that the app made the response, such as HIT-FOR-PASS, HITPASS and TCP_REFRESH_MISS.
 */
const NOT = /^(?:\w*pass|\w*miss|synth|bypass|no|false|0)$/;

/**
 * Returns whether a cache served the response. `X-Cache: MISS` takes precedence over Age.
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

/** Each cache between app and client adds one member to the header. */
function membersOf(value: string | string[] | undefined): string[] {
  const text = [value ?? []].flat().join(',');
  // A comma inside quotes does not end a member of the header.
  return (text.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []).filter(member => member.trim() !== '');
}

const isStandardHit = (member: string): boolean =>
  member
    .replace(/"(?:\\.|[^"\\])*"/g, '')
    .split(';')
    .slice(1)
    .some(parameter => /^\s*hit\s*(?:=\s*\?1\s*)?$/i.test(parameter));

/** Examples of hits: `Hit from cloudfront`, `TCP_MEM_HIT from a23.deploy (Akamai/11)`. */
function isHit(member: string): boolean {
  const words = member
    .toLowerCase()
    .replace(/\b(?:from|by|via)\b.*$|\(.*$/s, '')
    .split(/[^a-z0-9]+/);
  return words.some(word => SERVED.test(word)) && !words.some(word => NOT.test(word));
}

const ROUNDING = 1;

function isOlder(value: string | string[] | undefined, took: number): boolean {
  // If the Age header has several values, the first one counts (RFC 9111, 5.1).
  const [age = ''] = [value ?? []].flat().join(',').split(',');
  return /^\s*\d+\s*$/.test(age) && Number(age) > took / 1000 + ROUNDING;
}
