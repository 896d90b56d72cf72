/** Collects the counts and violations of one outage of the session store. */
import { type FaultWindow, titleOf } from '../faults/window.ts';
import type { Operation } from '../history/history.ts';
import { seconds } from '../result/format.ts';
import type { SessionState } from '../timeline/sessions.ts';
import { type Violation, violation } from './framework.ts';

/** One outage of the session store. Its violations are reported only if the outage is known to have taken effect. */
export class Down {
  readonly window: FaultWindow;
  requests = 0;
  recovered = 0;
  starved = 0;
  readonly sessions = new Set<SessionState>();
  readonly waiting = { LOGOUT: noViolations(), HANG: noViolations() };

  constructor(window: FaultWindow) {
    this.window = window;
  }
}

export const noViolations = (): { found: number; kept: Violation[] } => ({ found: 0, kept: [] });

export function hung(operation: Operation, waited: number, deadline: number, window: FaultWindow): Violation {
  const came = `${operation.status ?? operation.note ?? 'no response'} after ${seconds(waited, 1)}`;
  const summary = `a request hung for ${seconds(waited, 1)} while the store was down (${titleOf(window)})`;
  return violation(summary, [operation, came, `any response within ${seconds(deadline, 1)}`]);
}

export function signedOut(
  operation: Operation,
  { login, last = login }: SessionState,
  summary: string,
  came: string,
): Violation {
  const expected = `signed in as ${operation.user}, or an error that leaves the cookie unchanged`;
  return violation(summary, [last, 'the session lived'], [operation, came, expected]);
}
