import { describe, expect, it } from 'vitest';
import { type Naming, namer, type Versioning, versionNamer } from './naming.ts';
import type { Reply } from './reply.ts';

const reply = (part: Partial<Reply>): Reply => ({ status: 200, headers: {}, body: '', cookies: [], ...part });
const named = (naming: Naming, part: Partial<Reply>) => namer(naming, text => text)(reply(part));

describe('the instance that responded', () => {
  it.each<[string, Naming, Partial<Reply>, string | undefined]>([
    [
      'a header that holds the address of an instance',
      {
        header: 'X-Upstream',
        addresses: { 'app-2': 'http://10.0.0.2:8080/shop', 'app-1': 'http://10.0.0.1' },
      },
      { headers: { 'x-upstream': '10.0.0.1:8080, 10.0.0.2:8080' } },
      'header app-2',
    ],
    ['a header', { header: 'X-Served-By' }, { headers: { 'x-served-by': 'a' } }, 'header a'],
    [
      'the last of several tries',
      { header: 'x-upstream' },
      { headers: { 'x-upstream': '10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80' } },
      'header 10.0.0.3:80',
    ],
    [
      'a header that came twice',
      { header: 'x-served-by' },
      { headers: { 'x-served-by': ['a', 'b'] } },
      'header b',
    ],
    [
      'Server-Timing',
      { header: 'server-timing', find: 'app;desc="([^"]+)' },
      { headers: { 'server-timing': 'db;dur=3, app;desc="app-2"' } },
      'header app-2',
    ],
    [
      'Via',
      { header: 'via', find: '([\\w-]+)$' },
      { headers: { via: '1.1 edge, 1.1 app-1' } },
      'header app-1',
    ],
    [
      'a route cookie that is set',
      { cookie: 'SERVERID' },
      { cookies: [{ name: 'SERVERID', value: 'b' }], sent: [{ name: 'SERVERID', value: 'a' }] },
      'cookie b',
    ],
    [
      'a route cookie that was sent',
      { cookie: 'route' },
      { sent: [{ name: 'route', value: 'a' }] },
      'cookie a',
    ],
    [
      'nothing, if there is no response',
      { cookie: 'route' },
      { status: undefined as never, sent: [{ name: 'route', value: 'a' }] },
      undefined,
    ],
    ['a page', { body: 'served by (\\w+)' }, { body: '<!-- served by a1 -->' }, 'body a1'],
    ['a field', { body: { json: '/host' } }, { body: '{"host":"a2"}' }, 'body a2'],
    [
      'the header before the cookie',
      { header: 'x', cookie: 'r' },
      { headers: { x: 'a' }, sent: [{ name: 'r', value: 'b' }] },
      'header a',
    ],
    [
      'the cookie without the header',
      { header: 'x', cookie: 'r' },
      { sent: [{ name: 'r', value: 'b' }] },
      'cookie b',
    ],
    [
      'the cookie beside an empty header',
      { header: 'x', cookie: 'r' },
      { headers: { x: '' }, sent: [{ name: 'r', value: 'b' }] },
      'cookie b',
    ],
    [
      'the first 100 characters of a long header',
      { header: 'x' },
      { headers: { x: 'a'.repeat(101) } },
      `header ${'a'.repeat(100)}`,
    ],
    ['nothing', {}, { headers: { 'x-served-by': 'a' } }, undefined],
  ])('is named by %s', (_, naming, part, expected) => {
    const found = named(naming, part);
    expect(found && `${found.source} ${found.instance}`).toBe(expected);
  });
});

it('finds the same name in a header text that came before, however many texts there are', () => {
  const find = namer({ header: 'x-served-by', find: '(app-\\d+)' }, text => text);
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 200; n++)
      expect(find(reply({ headers: { 'x-served-by': `at app-${n}` } }))).toEqual({
        instance: `app-${n}`,
        source: 'header',
      });
    expect(find(reply({ headers: { 'x-served-by': 'none' } }))).toBeUndefined();
  }
});

describe('the version of the instance', () => {
  it.each<[string, Versioning, Reply['headers'], string | undefined]>([
    ['a header', { header: 'X-Version' }, { 'x-version': 'v2' }, 'v2'],
    ['a part of a header', { header: 'X-Version', find: 'v(\\d+)' }, { 'x-version': 'shop v2' }, '2'],
    ['a part of the name of the instance', { find: '-(v\\d+)-' }, {}, 'v7'],
    ['the first 100 characters of a long header', { header: 'x' }, { x: 'a'.repeat(101) }, 'a'.repeat(100)],
    ['nothing, if the header is absent', { header: 'X-Version' }, {}, undefined],
    ['nothing, if the header is empty', { header: 'X-Version' }, { 'x-version': '' }, undefined],
    ['nothing, if neither a header nor a part is configured', {}, { 'x-version': 'v2' }, undefined],
  ])('is named by %s', (_, versioning, headers, expected) => {
    expect(versionNamer(versioning)(reply({ headers }), 'app-v7-1')).toBe(expected);
  });
});
