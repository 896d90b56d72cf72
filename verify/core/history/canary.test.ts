import { describe, expect, it } from 'vitest';
import { canaryFinder, canaryOf, canaryOwner, padded, sharedPrefix, unpadder } from './canary.ts';

const canary = (user: string, number = 1) =>
  canaryOf({ prefix: 'bc0ffee', user, session: 's1-2', number, random: 0.5 });

describe('canaryFinder', () => {
  const find = canaryFinder('bc0ffee');

  it('finds every canary of the run, at any place', () => {
    const text = `· ${canary('alice')}<li>${canary('bob', 12)}</li>${canary('alice')}x`;
    expect(find(text)).toEqual([canary('alice'), canary('bob', 12), canary('alice')]);
  });

  it('counts a canary once that a page shows several times in a row', () => {
    const [a, b] = [canary('alice'), canary('bob')];
    const page = `<li>${a}<input value="${a}"></li><li>${b}<input value="${b}"></li>${a}`;
    for (const text of [page, page, `${b} ${page}`]) {
      const all = text === page ? [a, b, a] : [b, a, b, a];
      expect(find(text)).toEqual(all);
    }
  });

  it.each([
    '',
    'bc0ffee',
    'bc0ffee.',
    'bc0ffee.alice.s1.x.aaaaaaaa',
    'bc0ffee.alice.s1.1.short',
    canary('alice').slice(1),
  ])('finds none in %j', text => expect(find(text)).toEqual([]));

  it('finds a canary after another occurrence of the prefix', () => {
    expect(find(`bc0ffee${canary('alice')}`)).toEqual([canary('alice')]);
  });

  it('reads the owner from the canary', () => {
    expect(canaryOwner(canary('alice'), 'bc0ffee')).toBe('alice');
    expect(canaryOwner('anything', 'bc0ffee')).toBeUndefined();
  });
});

it('recognises a padded canary, whole or cut', () => {
  const canary = canaryOf({ prefix: 'bc0ffee', user: 'alice', session: 's1', number: 3, random: 0.999 });
  const long = padded(canary, 400);
  const unpadded = unpadder('bc0ffee');
  expect(long).toHaveLength(400);
  expect([long, long.slice(0, 200), canary].map(unpadded)).toEqual([canary, canary, canary]);
  expect([`${canary}y`, canary.slice(0, -1), 'something else'].map(unpadded)).toEqual([
    `${canary}y`,
    canary.slice(0, -1),
    'something else',
  ]);
});

it('a value that all users may see is no canary, and is recognised when padded', () => {
  const prefix = sharedPrefix('bc0ffee');
  const shared = canaryOf({ prefix, user: 'alice', session: 's1', number: 3, random: 0.5 });
  expect(canaryFinder('bc0ffee')(`<li>${shared}</li>`)).toEqual([]);
  expect(canaryOwner(shared, 'bc0ffee')).toBeUndefined();
  expect(unpadder('bc0ffee')(padded(shared, 400))).toBe(shared);
  expect(shared.startsWith('bc0ffee')).toBe(true);
});
