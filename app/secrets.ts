/** Keys for separate purposes from one secret, and labels that stand for ids in logs. */
import { createHmac } from 'node:crypto';

/** A key for one purpose, so that what is signed for one can never pass for another. */
export function deriveKey(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(`baton:${purpose}`).digest('hex');
}

/** A short keyed hash of a session id: equal for equal ids, useless for signing in. */
export function sessionLabel(secret: string): (sid: string) => string {
  const key = deriveKey(secret, 'session-label');
  return sid => createHmac('sha256', key).update(sid).digest('hex').slice(0, 12);
}
