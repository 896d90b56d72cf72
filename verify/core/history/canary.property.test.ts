import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canaryFinder } from './canary.ts';

it('finds the same canaries in a text, whatever the earlier texts contained', () => {
  const values = ['1.aaaaaaaa', '1.aaaaaaab', '11.aaaaaaaa', '2.bbbbbbbb'].map(
    end => `bc0ffee.alice.s1.${end}`,
  );
  const one = fc.oneof(fc.constantFrom(...values), fc.constantFrom('bc0ffee.', 'x', '<li>', '\u2014'));
  const texts = fc.array(
    fc.array(one, { maxLength: 8 }).map(parts => parts.join(' ')),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(texts, all => {
      const find = canaryFinder('bc0ffee');
      for (const text of all) expect(find(text)).toEqual(canaryFinder('bc0ffee')(text));
    }),
  );
});
