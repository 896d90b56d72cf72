/** Tests that Baton notices each change of a text that is hard to encode. */
import { expect, it } from 'vitest';
import { canaryOf } from '../core/history/canary.ts';
import { TEXTS } from './texts.ts';

const canary = (number: number, random: number): string =>
  canaryOf({ prefix: 'b1', user: 'alice', session: 's1', number, random });
const textsOf = (canaryText: string): string[] => TEXTS.map(([text]) => text?.of(canaryText) ?? '');

const CHANGES: [string, (text: string) => string][] = [
  ['decodes UTF-8 as Latin-1', text => Buffer.from(text).toString('latin1')],
  ['keeps numbers as numbers', text => (/^\d+$/.test(text) ? String(Number(text)) : text)],
  ['keeps numbers as integers', text => (/^\d+$/.test(text) ? String(BigInt(text)) : text)],
  ['decodes JSON once more', text => (text.startsWith('{') ? String(JSON.parse(text)) : text)],
  ['replaces an empty text', text => text || 'null'],
];

it.each(CHANGES)('a program that %s changes at least one text', (_, change) => {
  for (const [number, random] of [
    [1, 0],
    [1_234, 0.999_999],
  ] as const)
    expect(textsOf(canary(number, random)).filter(text => change(text) !== text)).toHaveLength(1);
});

it('a number that a float cannot hold', () => {
  for (const random of [0, 0.5, 0.123_456]) {
    const number = TEXTS.flat()
      .map(text => text.of(canary(7, random)))
      .find(text => /^\d+$/.test(text));
    expect(number).toMatch(/^0\d{17}$/);
    expect(Number(number)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  }
});

it('texts of different canaries differ, except those that are used once', () => {
  const [one, other] = [canary(1, 0.1), canary(2, 0.2)];
  for (const { of, once = false } of TEXTS.flat()) expect(of(one) === of(other)).toBe(once);
});
