import { describe, expect, it } from 'vitest';
import { addressOf } from './arguments.ts';

describe('--url', () => {
  it.each([
    ['http://127.0.0.1:8080', 'http://shop.test/app', 'http://127.0.0.1:8080/app'],
    ['http://127.0.0.1:8080/', 'http://shop.test/app/', 'http://127.0.0.1:8080/app'],
    ['https://x.test', 'http://shop.test', 'https://x.test'],
    ['https://x.test/other', 'http://shop.test/app', 'https://x.test/other'],
  ])('%s instead of %s keeps the base path, unless it has its own: %s', (text, file, expected) => {
    expect(addressOf(text, file)).toBe(expected);
  });
});

it('an address with a query is refused, because paths are added to it', () => {
  expect(() => addressOf('http://127.0.0.1:8080/shop?x=1', 'http://shop.test')).toThrow(
    '--url: expected an address without a query, got "http://127.0.0.1:8080/shop?x=1": write http://127.0.0.1:8080/shop',
  );
});
