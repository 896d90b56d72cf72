import { decodeHTML } from 'entities';
import { describe, expect, it } from 'vitest';
import { type ListSpec, listReader } from './pages-of-list.ts';

const read = (body: string, spec: Partial<ListSpec> = {}, path = '/items', link?: string) =>
  listReader(
    { items: '<li>([^<]*)', ...spec },
    decodeHTML,
    text => text,
  )({ status: 200, headers: { link }, body, cookies: [] }, path);
const rows = (count: number): string => '<li>x</li>'.repeat(count);

describe('the next page', () => {
  it.each([
    ['<a href="/items?page=2&amp;size=5" rel="next">', '/items?page=2&size=5'],
    ["<link rel=next href='?cursor=abc'>", '?cursor=abc'],
    ['<a rel="prev" href="/items?page=1">1</a>', undefined],
    ['<a href="/items?page=2">2</a>', '/items?page=2'],
    ['<a href="/app/items?x=1&amp;p=2">2</a>', '/app/items?x=1&p=2'],
    ['<a href="?page=3">last</a>', undefined],
    ['<a href="/others?page=2">2</a>', undefined],
    ['page=2 is no link', undefined],
  ])('%s', (body, next) => {
    expect(read(body).next).toBe(next);
  });

  it('is the page after the requested one', () => {
    const links = [1, 2, 3].map(n => `<a href="?page=${n}">${n}</a>`).join('');
    expect(read(links, {}, '/items?page=2').next).toBe('?page=3');
    expect(read(links, {}, '/items?page=3').next).toBeUndefined();
    // Without the path of the requested page, it is unknown which page number is the next one.
    expect(read(links, {}, '').next).toBeUndefined();
  });

  it('is linked by a header or as the target file says; then other links are ignored', () => {
    const link = '</items?page=1>; rel="prev", </items?after=9>; rel="next"';
    expect(read('', {}, '/items', link).next).toBe('/items?after=9');
    expect(read('<a href="?page=2">2</a>', {}, '/items', '</items?page=1>; rel="prev"').next).toBe('?page=2');
    const next = { json: '/next' };
    expect(read('{"next":"/items?after=7"}', { next }, '/items', link).next).toBe('/items?after=7');
    expect(read('{"next":""}', { next }, '/items', link)).toEqual({ values: [], cut: false });
  });
});

describe('a list', () => {
  it('may be cut off only at the number of rows of a page', () => {
    const cut = (count: number, spec: Partial<ListSpec> = {}) => read(rows(count), spec).cut;
    expect([0, 8, 24, 25, 26, 50, 99, 100, 101].filter(count => cut(count))).toEqual([]);
    expect([25, 30].filter(count => cut(count, { rows: 30 }))).toEqual([30]);
    expect(cut(100, { next: 'more="([^"]*)"' })).toBe(false);
  });

  it('has only the items within its part of the page, and is empty without that part', () => {
    const within = '<ul id=list>(.*?)</ul>';
    expect(read(`<li>no</li><ul id=list><li>yes</li></ul><li>no</li>`, { within }).values).toEqual(['yes']);
    expect(read('<li>no</li>', { within }).values).toEqual([]);
  });
});

describe('an equal body', () => {
  const reader = (spec: Partial<ListSpec> = {}) =>
    listReader({ items: '<li>([^<]*)', ...spec }, decodeHTML, text => text.replace(/x+$/, ''));
  const reply = (headers = {}) => ({ status: 200, headers, body: '<li>ax<li>b', cookies: [], facts });
  let facts = { firsts: new Map() };

  it('is read once for each path and list', () => {
    facts = { firsts: new Map() };
    const list = reader();
    const page = list(reply(), '/a');
    expect(page).toEqual({ values: ['a', 'b'], cut: false });
    expect(list(reply(), '/a')).toBe(page);
    expect(list(reply(), '/b')).not.toBe(page);
    expect(reader({ rows: 2 })(reply(), '/b')).toEqual({ values: ['a', 'b'], cut: true });
  });

  it('is read again if a header may say more', () => {
    facts = { firsts: new Map() };
    const list = reader();
    expect(list(reply(), '/a').next).toBeUndefined();
    expect(list(reply({ link: '</a?page=2>; rel="next"' }), '/a').next).toBe('/a?page=2');
    const other = reader({ next: { header: 'x-next' } });
    expect(other(reply({ 'x-next': '/c' }), '/a').next).toBe('/c');
    expect(other(reply({ 'x-next': '/d' }), '/a').next).toBe('/d');
  });
});
