/** Derives keys from one secret: for signatures, and for labels in logs. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Derives the key for one purpose. A signature for one purpose is invalid for every other purpose. */
export function deriveKey(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(`baton:${purpose}`).digest('hex');
}

/** Signs texts that clients send back later, such as tokens. */
export interface Signer {
  sign(text: string): string;
  accepts(text: string, signature: string): boolean;
}

/** Creates a signer. Signs with the first secret, and accepts signatures of every secret. */
export function createSigner(secrets: readonly string[], purpose: string): Signer {
  const keys = secrets.map(secret => deriveKey(secret, purpose));
  const signature = (key: string, text: string) => createHmac('sha256', key).update(text).digest('base64url');
  return {
    sign: text => signature(keys[0] ?? '', text),
    accepts: (text, given) => keys.some(key => equal(given, signature(key, text))),
  };
}

/** Compares in constant time, so that the response time reveals no part of a valid signature. */
function equal(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Makes labels for logs: short keyed hashes, which reveal nothing without the secret. */
export interface Labels {
  readonly session: (sid: string) => string;
  readonly user: (email: string) => string;
}

/** Creates labels with the first secret, so that all instances make equal labels. */
export function createLabels([secret = '']: readonly string[]): Labels {
  const labeller = (purpose: string) => {
    const key = deriveKey(secret, purpose);
    return (value: string) => createHmac('sha256', key).update(value).digest('hex').slice(0, 12);
  };
  return { session: labeller('session-label'), user: labeller('user-label') };
}
