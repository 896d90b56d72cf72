import { expect, test } from 'vitest';
import { addItem, itemsOf, MAX_ITEMS, removeItem } from './basket.ts';
import { Refusal } from './failures.ts';

const texts = (basket: object) => itemsOf(basket).map(item => item.text);

test('each item is a separate attribute', () => {
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

test('items are sorted by age, oldest first, then by text; other attributes are not items', () => {
  const basket = {
    user: 'alice@example.test',
    'basket:b': { addedAt: 2, card: '1' },
    'basket:z': { addedAt: 1, card: '2' },
    'basket:a': { addedAt: 2, card: '3' },
  };
  expect(texts(basket)).toEqual(['z', 'a', 'b']);
});

test('removing an item leaves the others; removing an absent item does nothing', () => {
  const basket = {};
  addItem(basket, 'tea');
  addItem(basket, 'milk');
  removeItem(basket, 'tea');
  removeItem(basket, 'tea');
  expect(texts(basket)).toEqual(['milk']);
});

test.each([undefined, 7, '', ' <b>', 'a\tb', 'x'.repeat(65)])('%j is not a valid inscription', text => {
  expect(() => addItem({}, text)).toThrow(Refusal);
});

test('a full basket refuses a new item, and accepts an item that it has', () => {
  const basket = {};
  for (let i = 0; i < MAX_ITEMS; i++) addItem(basket, `item ${i}`);
  expect(() => addItem(basket, 'one more')).toThrow('is full');
  addItem(basket, 'item 0');
});
