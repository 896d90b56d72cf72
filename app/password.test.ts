import { expect, test } from 'vitest';
import { hashPassword, isWeaker, verifyPassword } from './password.ts';

const CHEAP = { cost: 2, parallel: 1 };

test('a hash fits its password and no other, and differs each time', async () => {
  const [one, two] = await Promise.all([hashPassword('pässword', CHEAP), hashPassword('pässword', CHEAP)]);
  expect(one).not.toBe(two);
  expect(await verifyPassword('pässword', one)).toBe(true);
  expect(await verifyPassword('pässword'.normalize('NFD'), one)).toBe(true);
  expect(await verifyPassword('password', one)).toBe(false);
});

test('a hash contains the parameters it was made with, and is verified with them', async () => {
  const hash = await hashPassword('x', { cost: 1024, parallel: 3 });
  expect(hash).toMatch(/^\$scrypt\$ln=10,r=8,p=3\$/);
  expect(await verifyPassword('x', hash)).toBe(true);
  expect(await verifyPassword('x', hash.replace('p=3', 'p=2'))).toBe(false);
});

test("OWASP's parameters fit into the memory limit", async () => {
  const hash = await hashPassword('x', { cost: 131_072, parallel: 1 });
  expect(await verifyPassword('x', hash)).toBe(true);
});

test('a hash of an older version is still verified, and counts as weaker', async () => {
  const old = 'scrypt$1024$8IaRIMOEKqOI8VeZlmIYbg$aKAgdinp3iiZkK5DccI8WrqlhtRJVFBCefJa1ZaRG9w';
  expect(await verifyPassword('correct horse', old)).toBe(true);
  expect(await verifyPassword('wrong', old)).toBe(false);
  expect(isWeaker(old, { cost: 1024, parallel: 1 })).toBe(false);
  expect(isWeaker(old, { cost: 1024, parallel: 2 })).toBe(true);
});

test('a record that is not a hash is an error, not a wrong password', async () => {
  await expect(verifyPassword('x', 'plain')).rejects.toThrow('expected a password hash');
});
