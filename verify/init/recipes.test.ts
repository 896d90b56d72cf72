/** Tests that init finds each part of a recipe (a framework's usual login and logout) also without the recipe. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { usageOf } from '../commands/options.ts';
import { USUAL } from './login.ts';
import { departures, RECIPES, unknownRecipe } from './recipes.ts';
import { TOKEN } from './tokens.ts';
import { LOGOUT } from './words.ts';

const DOCS = readFileSync(join(import.meta.dirname, '../../docs/init.md'), 'utf8');

describe.each(Object.entries(RECIPES))('%s', (name, { page, csrf, logout, cookie, documented }) => {
  it('names a page, a token and a logout that are tried anyway', () => {
    expect(USUAL).toContain(page);
    expect(logout.toLowerCase()).toMatch(LOGOUT);
    if (csrf !== undefined) expect(Object.values(csrf)[0]).toMatch(TOKEN);
    expect('visitor').not.toMatch(cookie);
  });

  it('is in the help and in the docs, with its source', () => {
    expect(usageOf('init')).toContain(name);
    const row = DOCS.split('\n').find(line => line.startsWith('| `') && line.includes(`\`${name}\``));
    expect(row).toContain(documented === undefined ? 'tests/hosts' : 'documentation');
  });
});

it('an unknown name is refused with the nearest known name', () => {
  expect(unknownRecipe('django')).toBe(undefined);
  expect(unknownRecipe('djagno')).toBe('expected the name of a recipe, got "djagno": did you mean "django"?');
  expect(unknownRecipe('zend')).toBe(
    `expected the name of a recipe, got "zend": expected one of ${Object.keys(RECIPES).join(', ')}`,
  );
});

it('differences are reported one by one', () => {
  const as = {
    login: { page: '/login', csrf: { field: '_csrf' } },
    cookies: ['connect.sid'],
    logout: { path: '/logout' },
  };
  const recipe = RECIPES['express-passport'];
  if (recipe === undefined) throw new Error('no such recipe');
  expect(departures(recipe, as)).toEqual([]);
  const otherwise = { login: { page: '/enter' }, cookies: ['sid'] };
  expect(departures(recipe, otherwise)).toEqual([
    'expected the login on /login, found /enter',
    'expected the token in field _csrf, found no token',
    'expected a cookie like ^connect\\.sid$, found sid',
    'expected the logout at /logout, found none',
  ]);
});
