import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notKept } from './claims.ts';

const DOCS = readFileSync(new URL('../docs/stores.md', import.meta.url), 'utf8');
/** Of the table that names for each store what it cannot keep, with baskets in sessions and in tables. */
const rows = [...DOCS.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, store = '', inSession = '', beside = '']) => ({ store, inSession, beside }),
);

/** The guarantees that a cell of the table names. */
const named = (cell: string) => [...cell.matchAll(/`([\w-]+)`/g)].map(match => match[1]);

test.each(rows)('the docs say what $store does not claim', ({ store, inSession, beside }) => {
  expect(named(inSession)).toEqual(notKept({ SESSION_STORE: store }));
  expect(named(beside)).toEqual(notKept({ SESSION_STORE: store, BASKET_STORE: 'postgres' }));
});

test('of all stores', () => {
  expect(rows.map(({ store }) => store)).toEqual([
    'redis-attributes',
    'redis-locked',
    'connect-redis',
    'postgres',
    'memcached',
    'cookie',
    'memory',
  ]);
  expect(notKept({})).toEqual([]);
});

/** Of the table that was measured with nothing disturbed: row, and the guarantees that broke. */
const UNDISTURBED = /^\| \| continuity .*\n(?:\|.*\n)*/m.exec(DOCS)?.[0] ?? '';
const measured = [...UNDISTURBED.matchAll(/^\| `([a-z-]+)`([^|]*) \| ((?:[✓✗?][^|]*\|\s?)+)$/gm)].map(
  ([, store = '', more = '', cells = '']) => ({
    store,
    basket: more.includes('baskets in tables') ? 'postgres' : 'session',
    broken: columns().filter((_, i) => cells.split('|')[i]?.trim().startsWith('✗')),
  }),
);

function columns(): string[] {
  const header = /^\| \| (continuity .*) \|$/m.exec(DOCS)?.[1] ?? '';
  return header.split('|').map(name => name.trim());
}

test.each(measured.filter(({ store }) => store !== 'memory'))(
  'what was measured broken with $store and baskets in $basket is what it does not claim',
  ({ store, basket, broken }) => {
    expect(notKept({ SESSION_STORE: store, BASKET_STORE: basket })).toEqual(expect.arrayContaining(broken));
  },
);

test('all rows were measured', () => expect(measured).toHaveLength(11));
