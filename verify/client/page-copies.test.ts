import { describe, expect, it } from 'vitest';
import type { Reply } from '../core/response/reply.ts';
import { PageCopies } from './page-copies.ts';

const page = (body: string, headers: Reply['headers'] = { etag: `"${body}"` }): Reply => ({
  status: 200,
  headers,
  body,
  cookies: [],
});
const head = 'HTTP/1.1 304 Not Modified\r\nX-Instance-Id: two\r\n';
const notModified: Reply = { status: 304, head, headers: { 'x-instance-id': 'two' }, body: '', cookies: [] };

describe('the pages that a browser keeps', () => {
  it('are asked for at every second request, and shown again after a 304', () => {
    const copies = new PageCopies();
    expect(copies.due('/', undefined)).toBeUndefined();
    copies.shown('/', page('tea', { etag: '"1"', 'set-cookie': ['a=b'], 'x-instance-id': 'one' }), undefined);
    const asked = copies.due('/', undefined);
    expect([asked?.etag, copies.due('/', undefined), copies.due('/other', undefined)]).toEqual([
      '"1"',
      undefined,
      undefined,
    ]);
    expect(copies.shown('/', notModified, asked)).toEqual({
      ...page('tea', { etag: '"1"', 'x-instance-id': 'two' }),
      unchanged: true,
    });
  });

  it('are the ones that the request asked for, also if a newer page has arrived since', () => {
    const copies = new PageCopies();
    copies.shown('/', page('old'), undefined);
    const asked = copies.due('/', undefined);
    copies.shown('/', page('new'), undefined);
    expect(copies.shown('/', notModified, asked).body).toBe('old');
  });

  it.each([
    ['no ETag', page('tea', {})],
    ['no-store', page('tea', { etag: '"1"', 'cache-control': 'private, no-store' })],
    ['Vary: *', page('tea', { etag: '"1"', vary: '*' })],
    ['status 404', { ...page('tea'), status: 404 }],
  ])('a browser keeps no response with %s', (_, reply) => {
    const copies = new PageCopies();
    expect(copies.shown('/', reply, undefined)).toBe(reply);
    expect(copies.due('/', undefined)).toBeUndefined();
  });

  it('are not asked for with other cookies if they vary by cookie', () => {
    const copies = new PageCopies();
    const [sent, changed] = [[{ name: 'sid', value: '1' }], [{ name: 'sid', value: '2' }]];
    copies.shown('/', { ...page('tea', { etag: '"1"', vary: 'Accept, Cookie' }), sent }, undefined);
    copies.shown('/free', { ...page('tea', { etag: '"1"', vary: 'Accept' }), sent }, undefined);
    expect(copies.due('/', changed)).toBeUndefined();
    expect(copies.due('/', sent)?.etag).toBe('"1"');
    copies.due('/', sent);
    expect(copies.due('/free', changed)?.etag).toBe('"1"');
  });

  it('a 304 that the client did not ask for stays a 304', () => {
    expect(new PageCopies().shown('/', notModified, undefined)).toBe(notModified);
  });
});
