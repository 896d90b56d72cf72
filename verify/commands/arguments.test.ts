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
