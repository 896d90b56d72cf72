/** Makes labels that replace secrets in a history. Within a run, equal secrets have equal labels. */
import { createHmac, randomBytes } from 'node:crypto';

export type Labeller = (secret: string) => string;

/** @param key a random key, which is never stored; by default a new key */
export function makeLabeller(key: Uint8Array = randomBytes(32)): Labeller {
  return secret => createHmac('sha256', key).update(secret).digest('hex').slice(0, 12);
}
