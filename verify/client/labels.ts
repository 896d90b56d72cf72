/**
 * Makes labels: keyed hashes that stand in the history instead of session ids and tokens. Within a run, equal secrets
 * have equal labels.
 */
import { createHmac, randomBytes } from 'node:crypto';

export type Labeller = (secret: string) => string;

/**
 * Returns a function that makes labels.
 *
 * @param key random key of the run, which is never stored; by default a new one
 */
export function makeLabeller(key: Uint8Array = randomBytes(32)): Labeller {
  return secret => createHmac('sha256', key).update(secret).digest('hex').slice(0, 12);
}
