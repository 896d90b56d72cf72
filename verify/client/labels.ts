/** Makes labels: keyed hashes that stand for session ids and tokens in the history. */
import { createHmac, randomBytes } from 'node:crypto';

export type Labeller = (secret: string) => string;

/**
 * Returns a function that makes labels. Within a run, equal secrets have equal labels.
 *
 * @param key random key of the run, which is never stored
 */
export function makeLabeller(key: Uint8Array = randomBytes(32)): Labeller {
  return secret => createHmac('sha256', key).update(secret).digest('hex').slice(0, 12);
}
