import { describe, expect, it } from 'vitest';
import { escaped, type Finding, finder } from './finding.ts';

const page = `<meta content="m1" name="csrf-token">
<form><input type="hidden" value='f&amp;1' name="_csrf"><input name=plain value=p1></form>
<input name="_csrf_other" value="no"><i data-item="a&lt;b"></i><i data-item="c"></i>`;
const reply = {
  headers: { 'x-csrf': 'h1', link: ['l1', 'l2'] },
  body: page,
  cookies: [{ name: 'xsrf', value: 'c1' }, { name: 'gone' }],
};
const answer = {
  ...reply,
  body: JSON.stringify({
    user: { name: 'alice', id: 7 },
    items: [{ v: 'x' }, { v: 'y' }],
    tags: ['t'],
    'a/b': 'z',
  }),
};
const decode = (text: string): string => text.replaceAll('&amp;', '&').replaceAll('&lt;', '<');
const all = (finding: Finding, from = reply): string[] => finder(finding, decode).all(from);

describe('a finding', () => {
  it.each<[Finding, string[]]>([
    ['data-item="([^"]*)"', ['a<b', 'c']],
    [{ meta: 'csrf-token' }, ['m1']],
    [{ field: '_csrf' }, ['f&1']],
    [{ field: 'plain' }, ['p1']],
    [{ field: 'nowhere' }, []],
    [{ header: 'X-CSRF' }, ['h1']],
    [{ header: 'link' }, ['l1', 'l2']],
    [{ cookie: 'xsrf' }, ['c1']],
    [{ cookie: 'gone' }, []],
    [{ json: '/user/name' }, []],
  ])('%j in a page finds %j', (finding, found) => {
    expect(all(finding)).toEqual(found);
    expect(finder(finding, decode).first(reply)).toBe(found[0]);
  });

  it.each<[string, string[]]>([
    ['/user/name', ['alice']],
    ['/user/id', ['7']],
    ['/items/*/v', ['x', 'y']],
    ['/items/1/v', ['y']],
    ['/tags', ['t']],
    ['/a~1b', ['z']],
    ['/user', []],
    ['/toString', []],
  ])('the pointer %s finds %j', (json, found) => expect(all({ json }, answer)).toEqual(found));

  it('a pointer searches each message of an event stream', () => {
    const headers = { ...reply.headers, 'content-type': 'text/event-stream; charset=utf-8' };
    const progress = 'event: message\r\ndata: {"method":"progress"}\r\n\r\n';
    const body = `: ping\n\n${progress}id: 7\ndata: {"result":\ndata: {"user":"alice"}}\n\n`;
    expect(all({ json: '/result/user' }, { ...reply, headers, body })).toEqual(['alice']);
    expect(all({ json: '/result/user' }, { ...reply, body })).toEqual([]);
  });
});

it('an escaped text matches only itself', () => {
  const text = 'a.b*c[d]/e-f(g)|h\\i{j}^$?+';
  expect(new RegExp(`^${escaped(text)}$`).test(text)).toBe(true);
  expect(new RegExp(`^${escaped('a.b')}$`).test('axb')).toBe(false);
});
