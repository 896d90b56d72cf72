import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { honoured, type SessionState, type Standing, showsAnother } from '../timeline/sessions.ts';
import { drift } from './drift.ts';
import { addTo, Judging, KEPT, tally, type Violation } from './framework.ts';
import { Life, TIMEOUTS, type Timeout } from './life.ts';

export class Timeouts {
  /** Key: the timeout; value: how often a session was still honoured shortly before this timeout ended. */
  lived: Record<Timeout, number> = { idle: 0, absolute: 0 };
  expired: Record<Timeout, number> = { idle: 0, absolute: 0 };
  lost = 0;
  /** Number of sessions that an instance refused too early, perhaps because it did not know them. */
  strangers = 0;
  length = 0;
  tried = tally();
}

export class Expiry extends Judging<Timeouts> {
  readonly #declared = this.run.declared?.expiry ?? {};
  readonly #lives = new WeakMap<SessionState, Life>();
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
    if (life.over) return;
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
    // A fault may have ended the session.
    else if (!this.faults.since(life.login.call)) {
      if (!strange) this.report(() => drift(operation, session, life, early, 'early'));
      else if (this.count.strangers++ < KEPT)
        this.#strange.push(drift(operation, session, life, early, 'early'));
    }
  }

  override recount(): void {
    this.count.length = Math.max(0, this.#end - this.#first);
  }

  override settle(): void {
    if (this.count.lost === 0) for (const violation of this.#strange) this.show(() => violation);
  }
}
