/** Checks forgery: a changed session cookie never signs a client in, on any instance, and never breaks the app. */

import type { FaultLedger } from '../faults/ledger.ts';
import type { Operation } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';
import { Reach, reach, untried } from './reach.ts';

/** Minimum number of different ways in which a cookie was changed. */
const CHANGES = 2;
/**
 * Statuses that say nothing about the cookie. A gateway sends them if an instance is unavailable (520 and above are
 * Cloudflare's). A server sends them if it is overloaded or limits requests.
 */
const SAYS_NOTHING = new Set([429, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530]);

export const forgery: Check = {
  guarantee: 'forgery',
  assumes: 'no decoder undoes a change: it is not in the last character of a part, nor in a routing suffix',
  minimum: `${ENOUGH_HANDOFFS} forged cookies of live sessions, changed in ${CHANGES} ways, on every instance`,
  start: (_run, onAnomaly, faults) => new Forgery(onAnomaly, faults),
  conclude: concluded,
};

class Forgery implements Fold {
  readonly #anomalies: Anomalies;
  readonly #reach = new Reach();
  readonly #faults: FaultLedger;
  readonly #changes = new Set<string>();
  #forged = 0;

  constructor(onAnomaly: OnAnomaly | undefined, faults: FaultLedger) {
    this.#faults = faults;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, { session, firstContactBeforeFaults }: Standing): void {
    if (firstContactBeforeFaults) this.#reach.add(operation.instance);
    if (operation.with !== 'forged') return;
    const { status, signedIn } = operation;
    if (status === undefined || (signedIn !== 'in' && SAYS_NOTHING.has(status))) return;
    const crashed = status >= 500 && signedIn !== 'in';
    if (crashed && this.#faults.overlaps(operation)) return;
    this.#changes.add(operation.change ?? 'changed');
    if (lives(session, operation)) {
      this.#forged++;
      this.#reach.tried(operation.instance);
    }
    if (crashed || signedIn === 'in') this.#anomalies.add(() => forged(operation, session));
  }

  counts(): Counts {
    return {
      forged: this.#forged,
      changes: this.#changes.size,
      broken: this.#anomalies.count,
      ...this.#reach.counts(),
    };
  }

  finish(): Finding {
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

/** Returns whether the session was alive. A dead session is refused in any case, even with an unchanged cookie. */
function lives({ login, logout, lost }: SessionState, operation: Operation): boolean {
  if (login === undefined || lost !== undefined || !precedes(login, operation)) return false;
  return logout === undefined || precedes(operation, logout);
}

function forged(operation: Operation, session: SessionState): Anomaly {
  const there = operation.instance ?? 'the app';
  const how = operation.change === undefined ? 'changed' : `changed (${operation.change})`;
  const came =
    operation.signedIn === 'in'
      ? `signed in as ${operation.sawUser ?? operation.user}`
      : `${operation.status}: the cookie breaks it`;
  return {
    name: 'FORGED',
    guarantee: 'forgery',
    session: operation.session,
    user: operation.user,
    summary: `${there} answered a session cookie that was ${how} with ${came}`,
    witness: [
      ...(session.login === undefined ? [] : [{ operation: session.login, came: 'logged in' }]),
      { operation, expected: 'signed out, or refused', came },
    ],
    notes: [],
  };
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [forgeries, broken] = [of('forged'), of('broken')];
  const finding =
    broken === 0
      ? `at most ${percent(upperBound(0, forgeries))} of changed cookies are accepted`
      : `${grouped(broken)} responses to changed cookies were signed in, or an error`;
  const rests = { 'forged cookies': forgeries, 'ways of changing': of('changes'), instances: reach(counts) };
  return conclude(broken, missing(counts), rests, finding);
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('forged') < ENOUGH_HANDOFFS) {
    return (
      `${counted(of('forged'), 'changed cookie')} of live sessions sent, ${ENOUGH_HANDOFFS} are needed: ` +
      'change a character in the middle, cut it, empty it, splice two, on every instance'
    );
  }
  if (of('changes') < CHANGES) return `cookies were changed in one way only, ${CHANGES} are needed`;
  return untried(counts, 'changed cookie');
}
