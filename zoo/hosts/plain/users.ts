import { scryptSync, timingSafeEqual } from 'node:crypto';

const SALT = 'the fixtures share a salt, and so a hash';
const hash = (password: string): Buffer => scryptSync(password, SALT, 32, { N: 16 });
const HASH = hash('correct-horse-battery');
const FIXTURE = /^(alice|bob|user([1-9]\d{0,2}))@([a-z-]+\.)?example\.test$/;

export function authenticate(email: unknown, password: unknown): email is string {
  if (typeof email !== 'string' || typeof password !== 'string') return false;
  return timingSafeEqual(hash(password), HASH) && FIXTURE.test(email);
}
