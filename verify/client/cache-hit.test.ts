/** Tests cache headers from the documentation of real caches, and from real responses. */
import { expect, it } from 'vitest';
import { servedFromCache } from './cache-hit.ts';

const FAST = 30;

it.each<[string, Record<string, string | string[]>]>([
  ['RFC 9211', { 'cache-status': 'ExampleCache; hit' }],
  ['RFC 9211 with a lifetime', { 'cache-status': 'ReverseProxyCache; hit; ttl=376' }],
  ['RFC 9211, boolean written out', { 'cache-status': '"Netlify Edge"; hit=?1; fwd-status=200' }],
  [
    'RFC 9211, one of two caches',
    { 'cache-status': 'OriginCache; hit; ttl=1100, "CDN, Inc."; fwd=uri-miss' },
  ],
  ['RFC 9211, one line for each cache', { 'cache-status': ['OriginCache; fwd=miss', 'CDN; hit'] }],
  ['CloudFront', { 'x-cache': 'Hit from cloudfront' }],
  ['CloudFront, confirmed by the app', { 'x-cache': 'RefreshHit from cloudfront' }],
  ['CloudFront, its shield', { 'x-cache': 'OriginShieldHit from cloudfront' }],
  ['Fastly', { 'x-cache': 'HIT', age: '0' }],
  ['Fastly, missed at the shield', { 'x-cache': 'MISS, HIT' }],
  ['Fastly, missed at the edge', { 'x-cache': 'HIT, MISS' }],
  ['Fastly, stale', { 'x-cache': 'HIT-STALE' }],
  [
    'Akamai, from memory',
    { 'x-cache': 'TCP_MEM_HIT from a23-45-67.deploy.akamaitechnologies.com (AkamaiGHost/11.1) (-)' },
  ],
  ['Akamai, stale as the app fails', { 'x-cache': 'TCP_REFRESH_FAIL_HIT from a1 (AkamaiGHost/11.1) (S)' }],
  ['Akamai, a parent', { 'x-cache': 'TCP_MISS from a1', 'x-cache-remote': 'TCP_HIT from a2' }],
  ['Squid', { 'x-cache': 'HIT from proxy.example' }],
  ['Alibaba', { 'x-cache': 'HIT TCP_MEM_HIT dirn:10:1234567' }],
  ['Azure Front Door', { 'x-cache': 'TCP_REMOTE_HIT' }],
  ['nginx', { 'x-cache-status': 'HIT' }],
  ['nginx, stale', { 'x-cache-status': 'STALE' }],
  ['nginx, stale while it updates', { 'x-proxy-cache': 'UPDATING' }],
  ['nginx, confirmed by the app', { 'x-cache-status': 'REVALIDATED' }],
  ['Cloudflare', { 'cf-cache-status': 'HIT' }],
  ['Vercel, stale', { 'x-vercel-cache': 'STALE' }],
  ['any cache that says how old it is', { age: '17' }],
  ['the first of several ages', { age: '17, 0' }],
])('a cache served it: %s', (_, headers) => {
  expect(servedFromCache(headers, FAST)).toBe(true);
});

it.each<[string, Record<string, string | string[]>]>([
  ['nothing', {}],
  ['Age: 0, as Varnish writes it for what it passes', { age: '0' }],
  ['an age of one second, which two clocks of whole seconds may make', { age: '1' }],
  ['an age that is no number', { age: 'old' }],
  ['RFC 9211, forwarded', { 'cache-status': 'ExampleCache; fwd=uri-miss; stored' }],
  ['RFC 9211, a hit that is none', { 'cache-status': '"cache; hit"; hit=?0; fwd=bypass; detail=hit' }],
  ['hit for pass', { 'x-cache': 'MISS, HIT-FOR-PASS', age: '0' }],
  ['hit for miss', { 'x-cache': 'HIT FOR MISS' }],
  ['Fastly, passed', { 'x-cache': 'HITPASS' }],
  ['Fastly, made at the edge', { 'x-cache': 'HIT-SYNTH' }],
  ['Varnish, passed', { 'x-cache': 'hit pass' }],
  ['CloudFront', { 'x-cache': 'Miss from cloudfront' }],
  ['CloudFront, an error', { 'x-cache': 'Error from cloudfront' }],
  ['a host whose name has the word', { 'x-cache': 'MISS from cache-hit.example' }],
  ['Akamai', { 'x-cache': 'TCP_REFRESH_MISS from a23-45 (AkamaiGHost/11.1) (-)' }],
  ['Azure Front Door', { 'x-cache': 'PRIVATE_NOSTORE' }],
  ['Azure CDN', { 'x-cache': 'UNCACHEABLE' }],
  ['nginx', { 'x-cache-status': 'MISS' }],
  ['nginx, its cache left out', { 'x-proxy-cache': 'BYPASS' }],
  ['nginx, too old', { 'x-cache-status': 'EXPIRED' }],
  ['Cloudflare', { 'cf-cache-status': 'DYNAMIC' }],
  ['Cloudflare, left out', { 'cf-cache-status': 'BYPASS', age: '0' }],
  [
    'what was found in a cache and not used (Squid)',
    { 'x-cache-lookup': 'HIT from proxy:3128', 'x-cache': 'MISS from proxy' },
  ],
  ['what an app keeps for each user (Drupal)', { 'x-drupal-dynamic-cache': 'HIT' }],
  ['a cache that says MISS, and counts the age by a clock that differs', { 'x-cache': 'MISS', age: '9' }],
])('no cache served it: %s', (_, headers) => {
  expect(servedFromCache(headers, FAST)).toBe(false);
});

it('a slow response with an Age below its duration does not come from a cache', () => {
  expect([servedFromCache({ age: '4' }, 3500), servedFromCache({ age: '5' }, 3500)]).toEqual([false, true]);
});
