/** Keys for separate purposes from one secret, and labels that replace ids and addresses in logs. */
import { createHmac } from 'node:crypto';

/** A key for one purpose, so that what is signed for one can never pass for another. */
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

/** Makes labels with the first secret, so that all instances agree on them. */
export function createLabels([secret = '']: readonly string[]): Labels {
  const labeller = (purpose: string) => {
    const key = deriveKey(secret, purpose);
    return (value: string) => createHmac('sha256', key).update(value).digest('hex').slice(0, 12);
  };
  return { session: labeller('session-label'), user: labeller('user-label') };
}
