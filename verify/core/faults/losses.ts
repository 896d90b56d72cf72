/** Counts the sessions and acknowledged writes from before each fault that are lost at the end of the run. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Event, Operation } from '../history/history.ts';
import type { TrackedObject } from '../objects/tracked-object.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import type { FaultWindow } from './window.ts';
import { Writes } from './writes.ts';

const KEPT = 3;

export class Losses {
  readonly #windows: readonly FaultWindow[];
  readonly #writes: Writes;
  /** Key: a session; value: its first request in the final reads, and whether a final read was honoured (`alive`). */
  readonly #checked = new Map<SessionState, { first: Operation; alive: boolean }>();
  #final = false;
  #lostWithoutFault = 0;

  constructor(windows: readonly FaultWindow[]) {
    this.#windows = windows;
    this.#writes = new Writes(windows);
  }

  event(event: Event): void {
    if (event.type === 'phase') this.#final = event.phase === 'final';
  }

  ended(operation: Operation, { session, live, data }: Standing): void {
    if (data !== undefined) this.#writes.ended(operation, data, this.#final);
    if (!this.#final || operation.with !== undefined || this.#windows.length === 0) return;
    const alive = honoured(operation);
    if (alive === undefined || session.logout !== undefined) return;
    // If a session is not live, but no request showed its loss, the session may have expired.
    if (!live && session.lost === undefined) return;
    const checked = getOrInsert(this.#checked, session, () => ({ first: operation, alive }));
    checked.alive ||= alive;
  }

  objectEnded(object: TrackedObject): void {
    this.#writes.objectEnded(object);
  }

  sessionEnded(session: SessionState): void {
    const checked = this.#checked.get(session);
    this.#checked.delete(session);
    const { login, lost, last, logout } = session;
    if (login?.return === undefined || (logout !== undefined && checked === undefined)) return;
    if (checked?.alive === true) this.#survived(login, checked.first.call);
    else if (lost !== undefined) this.#lost(login, last ?? login, lost);
  }

  /** A session that is honoured at the end of the run has survived each fault since its login. */
  #survived({ return: born = 0 }: Operation, end: number): void {
    for (const { begin, sessions } of this.#windows) {
      if (begin > born && begin <= end) sessions.survived++;
    }
  }

  /** Counts the loss for each fault between the last honoured request and the first refused request. */
  #lost(login: Operation, last: Operation, lost: Operation): void {
    const born = login.return ?? 0;
    let blamed = false;
    for (const { begin, end = Number.POSITIVE_INFINITY, sessions, examples } of this.#windows) {
      if (begin <= born || begin > (lost.return ?? lost.call)) continue;
      if (end < last.call) {
        sessions.survived++;
        continue;
      }
      blamed = true;
      sessions.gone++;
      if (examples.session.length >= KEPT) continue;
      const lived = last === login ? 'logged in' : 'the session lived';
      examples.session.push([
        [last, lived],
        [lost, 'signed out', `signed in as ${lost.user}`],
      ]);
    }
    if (!blamed) this.#lostWithoutFault++;
  }

  finish(): void {
    this.#writes.finish();
    // If sessions are also lost without a fault, lost sessions do not prove that a fault took effect.
    for (const { bit, sessions, examples } of this.#windows) {
      if (bit === true || this.#lostWithoutFault === 0) continue;
      sessions.gone = 0;
      examples.session = [];
    }
  }
}
