/** Checks forgery: no instance signs in a changed session cookie, and no changed cookie breaks the app. */
import type { Operation } from '../history/history.ts';
import { counted } from '../result/format.ts';
import { fisherP } from '../result/statistics.ts';
import { isDuring, type SessionState, type Standing } from '../timeline/sessions.ts';
import { ENOUGH_HANDOFFS } from './check.ts';
import { addTo, atMost, check, few, Judging, reached, tally, untried, violation } from './framework.ts';

const CHANGES = 2;
/** Statuses of gateways and overloaded servers, which show nothing about the cookie. Cloudflare uses 520 to 530. */
const SAYS_NOTHING = new Set([429, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530]);

class Forgeries {
  forged = 0;
  changes = 0;
  tried = tally();
}

/** Changed cookies are regarded as the cause of errors only if the p-value is below this limit. */
const SIGNIFICANT = 1e-4;

class Forgery extends Judging<Forgeries> {
  readonly #changes = new Set<string>();
  readonly #unchanged = { requests: 0, crashed: 0 };
  readonly #crashes: { operation: Operation; session: SessionState; during: boolean }[] = [];

  override ended(operation: Operation, { session }: Standing): void {
    const { status, signedIn } = operation;
    if (status === undefined || (signedIn !== 'in' && SAYS_NOTHING.has(status))) return;
    const crashed = status >= 500 && signedIn !== 'in';
    if (crashed && this.faults.overlaps(operation)) return;
    if (operation.with !== 'forged') {
      this.#unchanged.requests++;
      if (crashed) this.#unchanged.crashed++;
      return;
    }
    // After the end of the session, the app refuses even the unchanged cookie.
    const during = isDuring(session, operation);
    if (crashed) {
      this.#crashes.push({ operation, session, during });
      return;
    }
    this.#compared(operation, during);
    if (signedIn === 'in') this.reportSignedIn(operation, () => forged(operation, session));
  }

  #compared(operation: Operation, during: boolean): void {
    this.#changes.add(operation.change ?? 'changed');
    if (!during) return;
    this.count.forged++;
    addTo(this.count.tried, operation.instance);
  }

  /** An error shows nothing about the changed cookie if unchanged cookies get errors about as often. */
  override settle(): void {
    const { requests, crashed } = this.#unchanged;
    const crashes = this.#crashes.length;
    const sent = this.count.forged + crashes;
    if (crashed > 0 && fisherP(crashes, sent, crashed, requests) >= SIGNIFICANT) return;
    for (const { operation, session, during } of this.#crashes) {
      this.#compared(operation, during);
      this.report(() => forged(operation, session));
    }
  }

  override recount(): void {
    this.count.changes = this.#changes.size;
    this.count.lost = this.lostInRun;
  }
}

function forged(operation: Operation, { login }: SessionState) {
  const there = operation.instance ?? 'the app';
  const how = operation.change === undefined ? 'changed' : `changed (${operation.change})`;
  const came =
    operation.signedIn === 'in'
      ? `signed in as ${operation.sawUser ?? operation.user}`
      : `${operation.status}: the cookie breaks it`;
  return violation(
    `${there} responded to a session cookie that was ${how}: ${came}`,
    [login, 'logged in'],
    [operation, came, 'signed out, or refused'],
  );
}

const remedy = (lost: number): string =>
  lost === 0
    ? 'run the workload `audit` to its end'
    : `continuity is broken in ${counted(lost, 'session')}: restore it first`;

export const forgery = check<Forgeries>({
  guarantee: 'forgery',
  assumes:
    'each change alters the decoded value: no change is in the last character of a part of the cookie, or in a suffix for the balancer',
  minimum: `${ENOUGH_HANDOFFS} forged cookies of live sessions, changed in ${CHANGES} ways, on every instance`,
  judge: Forgery,
  counts: Forgeries,
  compared: ({ forged }) => forged,
  missing: ({ forged, changes, tried, lost }) =>
    few(forged, ENOUGH_HANDOFFS, 'changed cookie', ' of live sessions sent', remedy(lost)) ??
    (changes < CHANGES ? `cookies were changed in one way only, ${CHANGES} are needed` : undefined) ??
    untried(tried, 'changed cookie'),
  rests: ({ forged, changes, tried }) => ({
    'forged cookies': forged,
    'ways of changing': changes,
    instances: reached(tried),
  }),
  rulesOut: ({ forged }) => `${atMost(forged)} of changed cookies are accepted`,
  broken: violations => `${counted(violations, 'changed cookie')} signed in, or got a 5xx`,
});
