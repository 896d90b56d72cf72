import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Finder } from './finder.ts';

/** Generates texts from few characters, so that random texts often match the expressions. */
const text = (max: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '"', '>', ' ', 'ü'), maxLength: max });
const part = fc.string({ unit: fc.constantFrom('a', 'b', '"', '>', ' '), minLength: 1, maxLength: 2 });
const stop = fc.constantFrom('"', '>', 'a');

describe('Finder', () => {
  it('finds the same as the expression, in any text', () => {
    const source = fc
      .tuple(part, fc.option(fc.tuple(stop, part)), stop, fc.option(part, { nil: '' }))
      .map(([before, skip, quote, after]) => {
        const middle = skip === null ? '' : `[^${skip[0]}]*${skip[1]}`;
        return `${before}${middle}([^${quote}]*)${quote}${after}`;
      });
    fc.assert(
      fc.property(source, text(40), (expression, page) => {
        const finder = new Finder(expression);
        const matches = [...page.matchAll(new RegExp(expression, 'g'))].map(match => match[1] ?? '');
        expect(finder.all(page)).toEqual(matches);
        expect(finder.first(page)).toBe(matches[0]);
      }),
      { numRuns: 5000 },
    );
  });
});
