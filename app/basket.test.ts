import { expect, test } from 'vitest';
import { addItem, itemsOf, MAX_ITEMS, removeItem } from './basket.ts';
import { Refusal } from './failures.ts';

const texts = (basket: object) => itemsOf(basket).map(item => item.text);

test('each item is an attribute of its own', () => {
  const basket = {};
  addItem(basket, 'tea');
  addItem(basket, '__proto__');
  expect(Object.keys(basket)).toEqual(['basket:tea', 'basket:__proto__']);
});

test('adding twice keeps the first, with its card id', () => {
  const basket = {};
  addItem(basket, 'tea');
  const before = itemsOf(basket);
  addItem(basket, 'tea');
  expect(itemsOf(basket)).toEqual(before);
});

test('items come oldest first, then by text; other attributes are none', () => {
  const basket = {
    user: 'alice@example.test',
    'basket:b': { addedAt: 2, card: '1' },
    'basket:z': { addedAt: 1, card: '2' },
    'basket:a': { addedAt: 2, card: '3' },
  };
  expect(texts(basket)).toEqual(['z', 'a', 'b']);
});

test('removing leaves the others, and what is not there alone', () => {
  const basket = {};
  addItem(basket, 'tea');
  addItem(basket, 'milk');
  removeItem(basket, 'tea');
  removeItem(basket, 'tea');
  expect(texts(basket)).toEqual(['milk']);
});

test.each([undefined, 7, '', ' <b>', 'a\tb', 'x'.repeat(65)])('%j is no inscription', text => {
  expect(() => addItem({}, text)).toThrow(Refusal);
});

test('a full basket refuses a new item, and takes one that it has', () => {
  const basket = {};
  for (let i = 0; i < MAX_ITEMS; i++) addItem(basket, `item ${i}`);
  expect(() => addItem(basket, 'one more')).toThrow('is full');
  addItem(basket, 'item 0');
});
