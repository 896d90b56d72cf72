import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password.ts';

test('a hash fits its password and no other, and differs each time', async () => {
  const [one, two] = await Promise.all([hashPassword('pässword', 2), hashPassword('pässword', 2)]);
  expect(one).not.toBe(two);
  expect(await verifyPassword('pässword', one)).toBe(true);
  expect(await verifyPassword('pässword'.normalize('NFD'), one)).toBe(true);
  expect(await verifyPassword('password', one)).toBe(false);
});

test('a hash keeps the cost it was made with', async () => {
  const hash = await hashPassword('x', 1024);
  expect(hash).toMatch(/^scrypt\$1024\$/);
  expect(await verifyPassword('x', hash)).toBe(true);
});

test('a record that is no hash is an error, not a wrong password', async () => {
  await expect(verifyPassword('x', 'plain')).rejects.toThrow('expected a password hash');
});
