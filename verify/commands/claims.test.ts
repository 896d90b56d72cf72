import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STORES } from '../../app/variables.ts';
import { unclaimedGuarantees } from './claims.ts';

const DOCS = readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8');
const rows = [...DOCS.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, store = '', inSession = '', beside = '']) => ({ store, inSession, beside }),
);

const named = (cell: string) => [...cell.matchAll(/`([\w-]+)`/g)].map(match => match[1]);

test.each(rows)('the docs list the guarantees that $store does not claim', ({ store, inSession, beside }) => {
  expect(named(inSession)).toEqual(unclaimedGuarantees({ SESSION_STORE: store }));
  expect(named(beside)).toEqual(unclaimedGuarantees({ SESSION_STORE: store, BASKET_STORE: 'postgres' }));
});

test('the docs list all stores', () => {
  expect(rows.map(({ store }) => store).toSorted()).toEqual(STORES.toSorted());
  expect(unclaimedGuarantees({})).toEqual([]);
});

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
  'guarantees that were measured as violated with $store and baskets in $basket are not claimed',
  ({ store, basket, broken }) => {
    expect(unclaimedGuarantees({ SESSION_STORE: store, BASKET_STORE: basket })).toEqual(
      expect.arrayContaining(broken),
    );
  },
);

test('all rows were measured', () => expect(measured).toHaveLength(12));
