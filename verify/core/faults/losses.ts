/** What of the sessions and acknowledged writes from before each fault is gone at the end. */
import type { Event, Operation, Start } from '../history.ts';
import { honoured, type SessionState, type Standing } from '../sessions.ts';
import type { FaultWindow } from './window.ts';
import { Writes } from './writes.ts';

/** Witnesses that are kept for each fault. */
const KEPT = 3;

export class Losses {
  readonly #windows: readonly FaultWindow[];
  readonly #writes: Writes;
  /** Sessions that were asked at the end, and how. */
  readonly #asked = new Map<SessionState, { last: Operation; alive: boolean }>();
  #final = false;
  /** Sessions that were lost while nothing was disturbed. */
  #calm = 0;

  constructor(windows: readonly FaultWindow[]) {
    this.#windows = windows;
    this.#writes = new Writes(windows);
  }

  event(event: Event): void {
    if (event.type === 'phase') this.#final = event.phase === 'final';
    if (event.type === 'object') this.#writes.declared(event);
  }

  started(start: Start): void {
    if (start.object !== undefined) this.#writes.started(start);
  }

  ended(operation: Operation, { session, live }: Standing): void {
    if (operation.object !== undefined) this.#writes.ended(operation, this.#final);
    if (!this.#final || operation.with !== undefined || this.#windows.length === 0) return;
    const alive = honoured(operation);
    if (alive === undefined || session.login === undefined || session.logout !== undefined) return;
    // Within reach of its timeout either answer is right; one that was lost before may be back.
    if (!live && session.lost === undefined) return;
    const asked = this.#asked.get(session);
    if (asked === undefined) this.#asked.set(session, { last: operation, alive });
    else if (alive) asked.alive = true;
  }

  sessionEnded(session: SessionState): void {
    this.#writes.sessionEnded(session.session);
    const asked = this.#asked.get(session);
    this.#asked.delete(session);
    const { login, lost, last, logout } = session;
    if (login?.return === undefined || (logout !== undefined && asked === undefined)) return;
    if (asked?.alive === true) this.#lived(login, asked.last.call);
    else if (lost !== undefined) this.#gone(login, last ?? login, lost);
  }

  /** Honoured at the end: it outlived all faults that began after its login. */
  #lived({ return: born = 0 }: Operation, end: number): void {
    for (const { begin, sessions } of this.#windows) {
      if (begin > born && begin <= end) sessions.survived++;
    }
  }

  /** Lost between its last honoured request and the one that was refused: the faults in between may have done it. */
  #gone(login: Operation, last: Operation, lost: Operation): void {
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
      examples.session.push([
        { operation: last, came: last === login ? 'logged in' : 'the session lived' },
        { operation: lost, expected: `signed in as ${lost.user}`, came: 'signed out' },
      ]);
    }
    if (!blamed) this.#calm++;
  }

  finish(): void {
    this.#writes.finish();
    // Where sessions are lost without any fault, a loss is no sign that one took effect.
    for (const { bit, sessions, examples } of this.#windows) {
      if (bit === true || this.#calm === 0) continue;
      sessions.gone = 0;
      examples.session = [];
    }
  }
}
