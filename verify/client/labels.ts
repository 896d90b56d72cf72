/** Labels stand for secrets in a history: equal secrets have equal labels in one run, and nothing leads back. */
import { createHmac, randomBytes } from 'node:crypto';

export type Labeller = (secret: string) => string;

/** @returns a labeller with a key of its own, which is kept nowhere */
export function makeLabeller(): Labeller {
  const key = randomBytes(32);
  return secret => createHmac('sha256', key).update(secret).digest('hex').slice(0, 12);
}
