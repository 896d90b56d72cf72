import { describe, expect, it } from 'vitest';
import type { Reply } from '../core/response/reply.ts';
import { PageCopies } from './page-copies.ts';

const page = (body: string, headers: Reply['headers'] = { etag: `"${body}"` }): Reply => ({
  ...{ status: 200, headers, body, cookies: [] },
});
const head = 'HTTP/1.1 304 Not Modified\r\nX-Instance-Id: two\r\n';
const notModified: Reply = { status: 304, head, headers: { 'x-instance-id': 'two' }, body: '', cookies: [] };

describe('the pages that a browser keeps', () => {
  it('are asked for at every second request, and shown again after a 304', () => {
    const copies = new PageCopies();
    expect(copies.due('/')).toBeUndefined();
    copies.shown('/', page('tea', { etag: '"1"', 'set-cookie': ['a=b'], 'x-instance-id': 'one' }), undefined);
    const asked = copies.due('/');
    expect([asked?.etag, copies.due('/'), copies.due('/other')]).toEqual(['"1"', undefined, undefined]);
    expect(copies.shown('/', notModified, asked)).toEqual({
      ...page('tea', { etag: '"1"', 'x-instance-id': 'two' }),
      unchanged: true,
    });
  });

  it('are the ones that the request asked for, also if a newer page has arrived since', () => {
    const copies = new PageCopies();
    copies.shown('/', page('old'), undefined);
    const asked = copies.due('/');
    copies.shown('/', page('new'), undefined);
    expect(copies.shown('/', notModified, asked).body).toBe('old');
  });

  it.each([
    ['no ETag', page('tea', {})],
    ['no-store', page('tea', { etag: '"1"', 'cache-control': 'private, no-store' })],
    ['status 404', { ...page('tea'), status: 404 }],
  ])('a browser keeps no response with %s', (_, reply) => {
    const copies = new PageCopies();
    expect(copies.shown('/', reply, undefined)).toBe(reply);
    expect(copies.due('/')).toBeUndefined();
  });

  it('a 304 that the client did not ask for stays a 304', () => {
    expect(new PageCopies().shown('/', notModified, undefined)).toBe(notModified);
  });
});
