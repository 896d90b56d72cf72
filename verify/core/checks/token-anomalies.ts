/** Describes the anomalies that the check token-refresh reports. */
import type { Operation } from '../history/history.ts';
import { inOrder, type Step } from '../result/verdict.ts';
import { type Violation, violation } from './framework.ts';
import type { TokenFamily } from './token-family.ts';

const MOST = 4;

export function reused(spent: Operation, operation: Operation, grace: number | undefined): Violation {
  const when = grace === undefined ? '' : ` after the grace period of ${grace / 1e6} s`;
  return {
    summary: `a refresh token that had been replaced was accepted${when}`,
    witness: [
      [spent, 'replaced the refresh token by another one'],
      [operation, 'accepted', 'refused: the token is spent'],
    ],
    notes:
      grace === undefined ? ['if the app has a grace period, declare it: `refresh: { grace: 10s }`'] : [],
  };
}

export const survivedReuse = (reuse: Operation, operation: Operation): Violation =>
  violation(
    'the session lives on although a spent refresh token was used, perhaps by a thief',
    [reuse, 'sent a spent refresh token'],
    [operation, 'accepted', 'refused: the reuse has ended the session'],
  );

export const stillAccepted = (logout: Operation, operation: Operation, what: string): Violation =>
  violation(
    `${operation.instance ?? 'the app'} still accepts the ${what} after the logout`,
    [logout, 'acknowledged'],
    [operation, 'accepted', 'refused'],
  );

export function evicted(operation: Operation, family: TokenFamily): Violation {
  const { sent = '', instance, note } = operation;
  const raced = family.races.length > 0;
  const issuer = family.issuers.get(sent);
  const before = new Set(raced ? family.races.slice(0, MOST) : []);
  if (issuer !== undefined) before.add(issuer);
  before.delete(operation);
  const steps = [...before].map((other): Step => [other, cameOf(other)]);
  return violation(
    raced
      ? 'the session ended after several refreshes with one token, within the grace period'
      : `${instance ?? 'the app'} refused a refresh token that had not been used`,
    ...inOrder(steps),
    [operation, `refused (${note})`, 'new tokens'],
  );
}

function cameOf({ outcome, lost, issued, action }: Operation): string {
  if (action === 'login') return 'issued the refresh token';
  if (outcome !== 'ok') return 'refused';
  if (lost === true) return 'new tokens; the response was lost';
  return issued?.refresh === undefined ? 'a new access token' : 'new tokens';
}
