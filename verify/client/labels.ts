/** Makes labels that replace secrets in a history: equal secrets have equal labels in one run. */
import { createHmac, randomBytes } from 'node:crypto';

export type Labeller = (secret: string) => string;

/** Returns a labeller with a random key of its own, which is never stored. */
export function makeLabeller(): Labeller {
  const key = randomBytes(32);
  return secret => createHmac('sha256', key).update(secret).digest('hex').slice(0, 12);
}
