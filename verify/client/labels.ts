/** Makes labels that replace secrets in a history. Within a run, equal secrets have equal labels. */
import { createHmac, randomBytes } from 'node:crypto';

export type Labeller = (secret: string) => string;

/** Returns a labeller with a new random key. The key is never stored. */
export function makeLabeller(): Labeller {
  const key = randomBytes(32);
  return secret => createHmac('sha256', key).update(secret).digest('hex').slice(0, 12);
}
