import { expect, it } from 'vitest';
import { barePath } from './paths.ts';

it.each([
  ['/cart', '/cart'],
  ['/cart?sid=secret', '/cart'],
  ['/cart;jsessionid=secret', '/cart'],
  ['/shop;jsessionid=secret/cart;v=1?x=/;y#z', '/shop/cart'],
  ['https://other.test/a;sid=secret', 'https://other.test/a'],
  ['/cart#a;b?c', '/cart'],
])('%s is shortened to %s', (path, bare) => {
  expect(barePath(path)).toBe(bare);
});
