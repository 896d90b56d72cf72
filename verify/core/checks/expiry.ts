/** Checks expiry: idle and absolute timeouts are as declared, on every instance. */

import type { FaultLedger } from '../faults/ledger.ts';
import type { Operation, Run } from '../history/history.ts';
import { counted } from '../result/format.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import { honoured, type SessionState, type Standing, showsAnother } from '../timeline/sessions.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';
import { type Declaration, Life, type Timeout } from './life.ts';
import { Reach, reach, untried } from './reach.ts';

export const expiry: Check = {
  guarantee: 'expiry',
  assumes:
    'the timeouts and their renewal are declared in the target file; a jar may drop a cookie that expired',
  minimum:
    'for each declared timeout a session that lived through four fifths of it and one that was refused after it ' +
    'and before 1.25 times the timeout had passed; and that every instance refused an expired session',
  start: (run, onAnomaly, faults) => new Expiry(run, onAnomaly, faults),
  conclude: concluded,
};

const KEPT = 5;

class Expiry implements Fold {
  readonly #run: Run;
  readonly #declared: Declaration | undefined;
  readonly #anomalies: Anomalies;
  readonly #reach = new Reach();
  readonly #faults: FaultLedger;
  readonly #lives = new Map<SessionState, Life>();
  readonly #lived = { idle: 0, absolute: 0 };
  readonly #expired = { idle: 0, absolute: 0 };
  /** Early refusals by instances that had not served the session before, and so may not know it. */
  readonly #strange: Anomaly[] = [];
  #strangers = 0;
  /** Number of sessions that were lost without a wait, so not by a timeout. */
  #lost = 0;
  #first = Number.POSITIVE_INFINITY;
  #end = 0;

  constructor(run: Run, onAnomaly: OnAnomaly | undefined, faults: FaultLedger) {
    this.#run = run;
    this.#faults = faults;
    this.#anomalies = new Anomalies(onAnomaly);
    const { idle, absolute, renew = 'each' } = run.declared?.expiry ?? {};
    if (idle !== undefined || absolute !== undefined) this.#declared = { idle, absolute, renew };
  }

  ended(operation: Operation, { session, firstContact, firstContactBeforeFaults }: Standing): void {
    if (this.#declared === undefined) return;
    if (operation.call < this.#first) this.#first = operation.call;
    this.#end = Math.max(this.#end, operation.return ?? operation.call);
    if (firstContactBeforeFaults) this.#reach.add(operation.instance);
    const { login } = session;
    if (login === undefined || session.logout !== undefined) return;
    if (operation.with !== undefined && operation.with !== 'old') return;
    let life = this.#lives.get(session);
    if (life === undefined) {
      life = new Life(this.#declared, login);
      this.#lives.set(session, life);
    }
    if (login === operation || life.over) return;
    // The session was lost earlier, and not by a timeout, so its later requests are not judged.
    if (session.lost !== undefined && session.lost !== operation) life.over = true;
    else this.#judge(operation, session, life, firstContact);
  }

  #judge(operation: Operation, session: SessionState, life: Life, strange: boolean): void {
    const alive = honoured(operation);
    if (alive === true) {
      const late = life.tooLate(operation);
      if (late !== undefined) this.#late(operation, session, life, late);
      else for (const timeout of life.near(operation)) this.#lived[timeout]++;
    } else if (operation.signedIn === 'out') this.#refused(operation, session, life, strange);
    life.take(operation, showsAnother(operation) ? false : alive);
  }

  #late(operation: Operation, session: SessionState, life: Life, timeout: Timeout): void {
    life.over = true;
    this.#reach.tried(operation.instance);
    this.#anomalies.add(() => drift(operation, session, life, timeout, 'late'));
  }

  #refused(operation: Operation, session: SessionState, life: Life, strange: boolean): void {
    life.over = true;
    const timeouts = life.expired(operation);
    if (timeouts === undefined) {
      this.#early(operation, session, life, strange);
      return;
    }
    this.#reach.tried(operation.instance);
    for (const timeout of timeouts) this.#expired[timeout]++;
  }

  #early(operation: Operation, session: SessionState, life: Life, strange: boolean): void {
    const timeout = life.waited(operation);
    if (timeout === undefined) this.#lost++;
    // A fault may have ended the session, so the refusal is no evidence of an early timeout.
    else if (this.#faults.since(life.login.call)) return;
    else if (!strange) this.#anomalies.add(() => drift(operation, session, life, timeout, 'early'));
    else {
      this.#strangers++;
      if (this.#strange.length < KEPT) this.#strange.push(drift(operation, session, life, timeout, 'early'));
    }
  }

  sessionEnded(session: SessionState): void {
    this.#lives.delete(session);
  }

  counts(): Counts {
    return {
      'idle lived': this.#lived.idle,
      'idle expired': this.#expired.idle,
      'absolute lived': this.#lived.absolute,
      'absolute expired': this.#expired.absolute,
      lost: this.#lost,
      strangers: this.#strangers,
      drifted: this.#anomalies.count,
      length: Math.max(0, this.#end - this.#first),
      ...this.#reach.counts(),
    };
  }

  finish(): Finding {
    const conclusion = concluded(this.counts(), this.#run);
    const strange = blamed(this.counts()) ? this.#strange : [];
    return { ...conclusion, anomalies: [...this.#anomalies.kept, ...strange].slice(0, KEPT) };
  }
}

/** Returns whether first-contact refusals count as early expiry. False if sessions are also lost without a wait. */
const blamed = (counts: Counts): boolean => reader(counts)('lost') === 0;

const seconds = (time: number): string => `${Number((time / 1e6).toFixed(1))} s`;

function drift(
  operation: Operation,
  { login, last }: SessionState,
  life: Life,
  timeout: Timeout,
  when: 'early' | 'late',
): Anomaly {
  const there = operation.instance ?? 'the app';
  const waited = seconds(life.elapsed(operation, timeout));
  const since = timeout === 'idle' ? 'after its last renewal' : 'after its login';
  const declared = `${timeout} timeout of ${seconds(life.declared(timeout))}`;
  const scene: WitnessStep[] = [];
  if (login !== undefined) scene.push({ operation: login, came: 'logged in' });
  if (timeout === 'idle' && life.latest !== undefined && life.latest !== login) {
    scene.push({ operation: life.latest, came: 'the last request that may have renewed it' });
  } else if (last !== undefined && last !== login && last !== operation) {
    scene.push({ operation: last, came: 'signed in' });
  }
  return {
    name: 'DRIFT',
    guarantee: 'expiry',
    session: operation.session,
    user: operation.user,
    summary:
      when === 'late'
        ? `${there} honours a session ${waited} ${since}, beyond the declared ${declared}`
        : `${there} refuses a session ${waited} ${since}, before the declared ${declared}`,
    witness: [
      ...scene,
      when === 'late'
        ? { operation, expected: 'signed out', came: `signed in after ${waited}` }
        : { operation, expected: `signed in as ${operation.user}`, came: `signed out after ${waited}` },
    ],
    notes: [],
  };
}

function concluded(counts: Counts, run: Run): Conclusion {
  const of = reader(counts);
  const broken = of('drifted') + (blamed(counts) ? of('strangers') : 0);
  const rests = {
    'lived to near the end': of('idle lived') + of('absolute lived'),
    'expired in time': of('idle expired') + of('absolute expired'),
    instances: reach(counts),
  };
  const { idle, absolute } = run.declared?.expiry ?? {};
  const names = [
    ...(idle === undefined ? [] : [`idle ${seconds(idle)}`]),
    ...(absolute === undefined ? [] : [`absolute ${seconds(absolute)}`]),
  ].join(' and ');
  const finding =
    broken === 0
      ? `sessions end as declared (${names})`
      : `${counted(broken, 'session')} did not end as declared`;
  return conclude(broken, missing(counts, run), rests, finding);
}

function missing(counts: Counts, run: Run): string | undefined {
  const of = reader(counts);
  const { idle, absolute } = run.declared?.expiry ?? {};
  if (idle === undefined && absolute === undefined) {
    return 'no timeout is declared: set `expiry` in the target file';
  }
  for (const [name, timeout] of [
    ['idle', idle],
    ['absolute', absolute],
  ] as const) {
    if (timeout === undefined) continue;
    if (timeout > of('length')) return `the ${name} timeout of ${seconds(timeout)} is longer than the run`;
    const [lived, expired] = [of(`${name} lived`), of(`${name} expired`)];
    if (lived > 0 && expired > 0) continue;
    const what = lived === 0 ? 'lived to near its end' : 'was requested soon after its end';
    return `no session ${what}: the ${name} timeout of ${seconds(timeout)} was not tried`;
  }
  if (of('strangers') > 0 && !blamed(counts)) {
    return 'sessions are lost without any wait, so sessions that were refused early may be lost too: restore continuity first';
  }
  return untried(counts, 'expired session');
}
