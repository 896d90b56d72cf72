/** Checks one-session: if a new jar sends its first requests in parallel, login still works, and the session lives. */

import type { FaultLedger } from '../faults/ledger.ts';
import type { Operation } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { fisherP, upperBound } from '../result/statistics.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import {
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';

/** Minimum number of logins with parallel first requests, and minimum number of logins without. */
const ENOUGH = 3;
/** The p-value below which logins with parallel first requests fail more often than logins without. */
const SIGNIFICANT = 1e-4;
const KEPT = 5;

export const oneSession: Check = {
  guarantee: 'one-session',
  assumes: 'the first requests of a session come from a new jar',
  minimum: `${ENOUGH} logins after overlapping first requests, and ${ENOUGH} without, whose sessions were used`,
  start: (_run, onAnomaly, faults) => new OneSession(onAnomaly, faults),
  conclude: concluded,
};

/** The first requests of a jar, and its login. */
interface Jar {
  /** The first request that ended. Requests called before its return were sent without a cookie. */
  first: Operation;
  /** A request that overlapped the first one. */
  second?: Operation;
  login?: Operation;
  /** The last login if it was refused. A later login may still be accepted. */
  refused?: Operation | undefined;
}

class OneSession implements Fold {
  readonly #onAnomaly: OnAnomaly | undefined;
  readonly #faults: FaultLedger;
  readonly #jars = new Map<SessionState, Jar>();
  /** Anomalies kept until the end, when it is known whether sessions without parallel first requests also fail. */
  readonly #witnesses: Anomaly[] = [];
  readonly #parallel = { lived: 0, failed: 0 };
  readonly #single = { lived: 0, failed: 0 };
  /** Number of jars that got more than one session id. */
  #several = 0;

  constructor(onAnomaly: OnAnomaly | undefined, faults: FaultLedger) {
    this.#faults = faults;
    this.#onAnomaly = onAnomaly;
  }

  ended(operation: Operation, { session }: Standing): void {
    if (operation.action === 'login') {
      if (operation.with === undefined) this.#login(operation, session);
    } else if (session.login === undefined) {
      if (operation.with === undefined && session.lost === undefined) this.#first(operation, session);
    } else if (session.lost === operation) this.#lost(operation, session);
  }

  #first(operation: Operation, session: SessionState): void {
    const jar = this.#jars.get(session);
    if (jar === undefined) this.#jars.set(session, { first: operation });
    else if (jar.second === undefined && jar.login === undefined && !precedes(jar.first, operation)) {
      jar.second = operation;
      if (differ(jar.first, operation)) this.#several++;
    }
  }

  #login(login: Operation, session: SessionState): void {
    const jar = this.#jars.get(session) ?? { first: login };
    this.#jars.set(session, jar);
    if (jar.login !== undefined && jar.refused === undefined) return;
    jar.login = login;
    // Only a signed-out response counts as a refusal. "Too many requests" does not.
    jar.refused = login.outcome === 'fail' && login.signedIn === 'out' ? login : undefined;
  }

  #lost(operation: Operation, session: SessionState): void {
    const jar = this.#jars.get(session);
    if (jar?.login !== undefined) this.#failed(jar, operation, 'the session is lost');
  }

  #failed(jar: Jar, operation: Operation, came: string): void {
    // A fault, not the parallel requests, may have caused the failure.
    if (this.#faults.since(jar.first.call)) return;
    if (jar.second === undefined) this.#single.failed++;
    else {
      this.#parallel.failed++;
      if (this.#witnesses.length < KEPT) this.#witnesses.push(forked(jar, jar.second, operation, came));
    }
  }

  sessionEnded(session: SessionState): void {
    const jar = this.#jars.get(session);
    this.#jars.delete(session);
    if (jar?.refused !== undefined) this.#failed(jar, jar.refused, 'login refused');
    // A session has shown that it lives only if it was used after its login.
    if (jar === undefined || session.login === undefined || session.lost !== undefined) return;
    if (session.last === session.login) return;
    if (jar.second === undefined) this.#single.lived++;
    else this.#parallel.lived++;
  }

  counts(): Counts {
    return {
      lived: this.#parallel.lived,
      failed: this.#parallel.failed,
      'single lived': this.#single.lived,
      'single failed': this.#single.failed,
      several: this.#several,
    };
  }

  finish(): Finding {
    for (const jar of this.#jars.values())
      if (jar.refused !== undefined) this.#failed(jar, jar.refused, 'login refused');
    const conclusion = concluded(this.counts());
    const anomalies = conclusion.judgement === 'violated' ? this.#witnesses : [];
    for (const anomaly of anomalies) this.#onAnomaly?.(anomaly);
    return { ...conclusion, anomalies };
  }
}

/** Returns whether two responses set different session ids. */
function differ(a: Operation, b: Operation): boolean {
  const labels = (operation: Operation) =>
    (operation.cookies ?? []).flatMap(({ label }) => (label === undefined ? [] : [label]));
  const [one, other] = [labels(a), labels(b)];
  return one.length > 0 && other.length > 0 && !one.some(label => other.includes(label));
}

function forked({ first, login }: Jar, second: Operation, operation: Operation, came: string): Anomaly {
  const scene: WitnessStep[] = [
    { operation: first, came: 'without a cookie' },
    { operation: second, came: 'without a cookie, at the same time' },
  ];
  scene.sort((a, b) => a.operation.call - b.operation.call);
  if (login !== undefined && login !== operation) scene.push({ operation: login, came: 'logged in' });
  return {
    name: 'FORK',
    guarantee: 'one-session',
    session: operation.session,
    user: operation.user,
    summary: `after parallel first requests ${came === 'login refused' ? 'the login is refused' : came}`,
    witness: [
      ...scene,
      {
        operation,
        expected: login === operation ? 'login accepted' : `signed in as ${operation.user}`,
        came,
      },
    ],
    notes: differ(first, second)
      ? ['the parallel responses set different session ids: the jar kept one']
      : [],
  };
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [lived, failed, single] = [of('lived'), of('failed'), of('single lived')];
  const violations = blames(counts) ? failed : 0;
  const sessions = lived + failed;
  const judged =
    violations === 0
      ? `at most ${percent(upperBound(0, lived))} of logins after parallel first requests fail`
      : `${grouped(failed)} of ${counted(sessions, 'login')} after parallel first requests failed`;
  const several = of('several') > 0 ? `; ${counted(of('several'), 'jar')} got more than one id` : '';
  const rests = { 'after parallel first requests': sessions, 'without them': single };
  return conclude(violations, missing(counts), rests, judged + several);
}

/** Returns whether the parallel first requests caused the failures. */
function blames(counts: Counts): boolean {
  const of = reader(counts);
  const [failed, single, singleFailed] = [of('failed'), of('single lived'), of('single failed')];
  if (failed === 0 || single < ENOUGH) return false;
  if (singleFailed === 0) return true;
  return fisherP(failed, failed + of('lived'), singleFailed, single + singleFailed) < SIGNIFICANT;
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  const [lived, failed, single] = [of('lived'), of('failed'), of('single lived')];
  if (lived + failed < ENOUGH) {
    return (
      `${counted(lived + failed, 'login')} after overlapping first requests of a new jar, ${ENOUGH} are needed: ` +
      'send several requests at once, then log in'
    );
  }
  if (single < ENOUGH) {
    return `${counted(single, 'session')} without parallel first requests lived, ${ENOUGH} are needed to compare`;
  }
  if (failed > 0) {
    return 'sessions without parallel first requests fail as well: restore continuity first';
  }
  return undefined;
}
