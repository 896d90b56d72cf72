import type { Declared, Operation } from '../history/history.ts';

export type DeclaredTimeouts = NonNullable<Declared['expiry']>;

/** `active`: start of the current idle timeout, microseconds. */
interface Timed {
  login?: Operation;
  active?: number;
}

/** Returns the tolerance of a timeout: 2 s, or 5 % of the timeout if that is more. Microseconds. */
export const timeoutTolerance = (timeout: number): number => Math.max(2_000_000, timeout * 0.05);

/** Returns whether a timeout may have ended the session before the operation ended, within the tolerance. */
export function mayHaveExpired(
  { idle, absolute }: DeclaredTimeouts,
  { login, active }: Timed,
  { call, return: end = call }: Operation,
): boolean {
  if (absolute !== undefined && end >= (login?.call ?? 0) + absolute - timeoutTolerance(absolute))
    return true;
  return idle !== undefined && active !== undefined && end >= active + idle - timeoutTolerance(idle);
}

/** Restarts the idle timeout, if the target declares that a request such as this operation renews it. */
export function renew(
  { renew = 'each', idle = 0 }: DeclaredTimeouts,
  session: Timed,
  { action, call }: Operation,
): void {
  if (renew === 'never' || (renew === 'write' && action === 'read')) return;
  if (renew === 'half' && call < (session.active ?? call) + idle / 2) return;
  session.active = call;
}
