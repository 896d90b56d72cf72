/** Checks expiry: idle and absolute timeouts are as declared, on every instance. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, Run } from '../history/history.ts';
import { counted, seconds } from '../result/format.ts';
import type { WitnessStep } from '../result/verdict.ts';
import { honoured, type SessionState, type Standing, showsAnother } from '../timeline/sessions.ts';
import type { Tally } from './check.ts';
import { addTo, check, Judging, KEPT, reached, tally, untried, type Violation } from './framework.ts';
import { Life, TIMEOUTS, type Timeout } from './life.ts';

interface Timeouts {
  /** Number of sessions that lived to near the end of each timeout. */
  lived: Record<Timeout, number>;
  /** Number of sessions that were refused soon after the end of each timeout. */
  expired: Record<Timeout, number>;
  /** Number of sessions that were lost without a wait, so not by a timeout. */
  lost: number;
  /** Number of early refusals by instances that had not served the session before, and so may not know it. */
  strangers: number;
  /** Time from the first call to the last return, microseconds. */
  length: number;
  tried: Tally;
}

class Expiry extends Judging<Timeouts> {
  readonly #declared = declaredBy(this.run);
  readonly #lives = new Map<SessionState, Life>();
  /** The first violations that `strangers` counts. */
  readonly #strange: Violation[] = [];
  #first = Number.POSITIVE_INFINITY;
  #end = 0;

  override ended(operation: Operation, { session, firstContact }: Standing): void {
    const declared = this.#declared;
    if (TIMEOUTS.every(timeout => declared[timeout] === undefined)) return;
    if (operation.call < this.#first) this.#first = operation.call;
    this.#end = Math.max(this.#end, operation.return ?? operation.call);
    const { login } = session;
    if (login === undefined || session.logout !== undefined) return;
    if (operation.with !== undefined && operation.with !== 'old') return;
    const life = getOrInsert(this.#lives, session, () => new Life(declared, login));
    if (login === operation || life.over) return;
    // The session was lost earlier, and not by a timeout, so its later requests are not judged.
    if (session.lost !== undefined && session.lost !== operation) life.over = true;
    else this.#judge(operation, session, life, firstContact);
  }

  #judge(operation: Operation, session: SessionState, life: Life, strange: boolean): void {
    const alive = honoured(operation);
    if (alive === true) this.#honoured(operation, session, life);
    else if (operation.signedIn === 'out') this.#refused(operation, session, life, strange);
    life.take(operation, showsAnother(operation) ? false : alive);
  }

  #honoured(operation: Operation, session: SessionState, life: Life): void {
    const late = life.tooLate(operation);
    if (late === undefined) {
      for (const timeout of life.near(operation)) this.count.lived[timeout]++;
      return;
    }
    life.over = true;
    addTo(this.count.tried, operation.instance);
    this.report(() => drift(operation, session, life, late, 'late'));
  }

  #refused(operation: Operation, session: SessionState, life: Life, strange: boolean): void {
    life.over = true;
    const timeouts = life.expired(operation);
    if (timeouts !== undefined) {
      addTo(this.count.tried, operation.instance);
      for (const timeout of timeouts) this.count.expired[timeout]++;
      return;
    }
    const early = life.waited(operation);
    if (early === undefined) this.count.lost++;
    // A fault may have ended the session, so the refusal is no evidence of an early timeout.
    else if (!this.faults.since(life.login.call)) {
      if (!strange) this.report(() => drift(operation, session, life, early, 'early'));
      else if (this.count.strangers++ < KEPT)
        this.#strange.push(drift(operation, session, life, early, 'early'));
    }
  }

  override sessionEnded(session: SessionState): void {
    this.#lives.delete(session);
  }

  override recount(): void {
    this.count.length = Math.max(0, this.#end - this.#first);
  }

  override settle(): void {
    if (this.count.lost === 0) for (const violation of this.#strange) this.show(() => violation);
  }
}

const declaredBy = ({ declared }: Run) => ({ renew: 'each' as const, ...declared?.expiry });

function drift(
  operation: Operation,
  { login, last }: Pick<SessionState, 'login' | 'last'>,
  life: Life,
  timeout: Timeout,
  when: 'early' | 'late',
): Violation {
  const there = operation.instance ?? 'the app';
  const waited = seconds(life.elapsed(operation, timeout), 1);
  const since = timeout === 'idle' ? 'after its last renewal' : 'after its login';
  const declared = `${timeout} timeout of ${seconds(life.declared(timeout), 1)}`;
  const scene: WitnessStep[] = [];
  if (login !== undefined) scene.push({ operation: login, came: 'logged in' });
  if (timeout === 'idle' && life.latest !== undefined && life.latest !== login)
    scene.push({ operation: life.latest, came: 'the last request that may have renewed it' });
  else if (last !== undefined && last !== login && last !== operation)
    scene.push({ operation: last, came: 'signed in' });
  return when === 'late'
    ? {
        at: operation,
        summary: `${there} honours a session ${waited} ${since}, beyond the declared ${declared}`,
        witness: [...scene, { operation, expected: 'signed out', came: `signed in after ${waited}` }],
      }
    : {
        at: operation,
        summary: `${there} refuses a session ${waited} ${since}, before the declared ${declared}`,
        witness: [
          ...scene,
          { operation, expected: `signed in as ${operation.user}`, came: `signed out after ${waited}` },
        ],
      };
}

export const expiry = check<Timeouts>({
  guarantee: 'expiry',
  assumes:
    'the timeouts and their renewal are declared in the target file; a jar may drop a cookie that expired',
  minimum:
    'for each declared timeout a session that lived through four fifths of it and one that was refused after it ' +
    'and before 1.25 times the timeout had passed; and that every instance refused an expired session',
  judge: Expiry,
  counts: () => ({
    ...{ lived: { idle: 0, absolute: 0 }, expired: { idle: 0, absolute: 0 } },
    ...{ lost: 0, strangers: 0, length: 0, tried: tally() },
  }),
  // Sessions that are also lost without a wait do not show that a timeout came early.
  violations: ({ violations, strangers, lost }) => violations + (lost === 0 ? strangers : 0),
  compared: ({ lived, expired }) => lived.idle + lived.absolute + expired.idle + expired.absolute,
  missing({ length, lived, expired, strangers, lost, tried }, run) {
    const declared = declaredBy(run);
    const named = TIMEOUTS.filter(timeout => declared[timeout] !== undefined);
    if (named.length === 0) return 'no timeout is declared: set `expiry` in the target file';
    for (const name of named) {
      const timeout = declared[name] ?? 0;
      const what = `the ${name} timeout of ${seconds(timeout, 1)}`;
      if (timeout > length) return `${what} is longer than the run`;
      if (lived[name] === 0) return `no session lived to near its end: ${what} was not tried`;
      if (expired[name] === 0) return `no session was requested soon after its end: ${what} was not tried`;
    }
    if (strangers > 0 && lost > 0)
      return 'sessions are lost without any wait, so sessions that were refused early may be lost too: restore continuity first';
    return untried(tried, 'expired session');
  },
  rests: ({ lived, expired, tried }) => ({
    'lived to near the end': lived.idle + lived.absolute,
    'expired in time': expired.idle + expired.absolute,
    instances: reached(tried),
  }),
  rulesOut(_counts, run) {
    const declared = declaredBy(run);
    const names = TIMEOUTS.flatMap(timeout => {
      const of = declared[timeout];
      return of === undefined ? [] : [`${timeout} ${seconds(of, 1)}`];
    });
    return `sessions end as declared (${names.join(' and ')})`;
  },
  broken: violations => `${counted(violations, 'session')} did not end as declared`,
});
