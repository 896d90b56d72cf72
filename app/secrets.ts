/** Derives keys for separate purposes from one secret, and makes labels that replace ids and addresses in logs. */
import { createHmac } from 'node:crypto';

/** Derives a key for one purpose. A signature for one purpose is never valid for another. */
export function deriveKey(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(`baton:${purpose}`).digest('hex');
}

/** Short keyed hashes for logs: equal for equal values, and useless without the secret. */
export interface Labels {
  /** Label of a session id. */
  readonly session: (sid: string) => string;
  /** Label of an email address. */
  readonly user: (email: string) => string;
}

/** Creates labels with the first secret, so that they are equal on all instances. */
export function createLabels([secret = '']: readonly string[]): Labels {
  const labeller = (purpose: string) => {
    const key = deriveKey(secret, purpose);
    return (value: string) => createHmac('sha256', key).update(value).digest('hex').slice(0, 12);
  };
  return { session: labeller('session-label'), user: labeller('user-label') };
}
