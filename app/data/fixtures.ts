/**
 * Creates the users for tests and load tests. All share one password hash, because a thousand hashes would take
 * minutes.
 */
import { hashPassword, type ScryptParameters } from '../password.ts';
import type { NewUser, Users } from './users.ts';

const FIXTURE_PASSWORD = 'correct-horse-battery';
const NAMED = ['Alice', 'Bob', 'Carol', 'Dave'];
const BATCH = 1000;

/**
 * Creates user1@example.test … userN@example.test and four users with first names, unless they exist. Several
 * instances can call this at the same time. Throws StoreUnavailable if Redis does not confirm.
 */
export async function createFixtures(users: Users, count: number, scrypt: ScryptParameters): Promise<void> {
  if (count === 0) return;
  const passwordHash = await hashPassword(FIXTURE_PASSWORD, scrypt);
  const numbered = Array.from({ length: count }, (_, i) => `User${i + 1}`);
  const all: NewUser[] = [...NAMED, ...numbered].map(name => ({
    email: `${name.toLowerCase()}@example.test`,
    name,
    passwordHash,
  }));
  for (let i = 0; i < all.length; i += BATCH) await users.createMissing(all.slice(i, i + BATCH));
}
