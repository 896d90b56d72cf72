/** Judges each operation for logout-final. logout-final.ts declares the check. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import type { NamedCounts } from './check.ts';
import { addTo, Judging } from './framework.ts';
import { LateCookies, misses } from './late-cookies.ts';
import { Replays, stillKnown } from './replays.ts';

export interface Logouts {
  logouts: number;
  /** Logouts with another request of the session in flight. */
  raced: number;
  replays: number;
  /** Logouts that prove nothing, because the session was lost before. */
  indeterminate: number;
  /** Logouts that deleted a cookie under a wrong Path or Domain, so that clients keep it. */
  missed: number;
  /** Logouts after which the identity provider signed the user in without a password. */
  known: number;
  /** Cookies of an ended session that a response set again after the logout was sent. */
  again: number;
  /** Cookies of a later login that a late response replaced or deleted. */
  undone: number;
  tried: NamedCounts;
}

export class LogoutFinal extends Judging<Logouts> {
  /** By user: the open sessions. A `logout-all` ends all of them. */
  readonly #users = new Map<string, Set<SessionState>>();
  readonly #after = new Map<SessionState, Replays>();
  readonly #late = new LateCookies(this);

  override ended(operation: Operation, { session }: Standing): void {
    const { action } = operation;
    this.#late.login(operation);
    if (session.logout === undefined) {
      if (session.login === operation) getOrInsert(this.#users, session.user, () => new Set()).add(session);
    } else if (action === 'logout') this.#loggedOut(operation, session, session);
    else if (action === 'logout-all')
      for (const other of this.#users.get(session.user) ?? []) this.#loggedOut(operation, other, session);
    else this.#afterwards(operation, session, session.logout);
  }

  #replaysOf(session: SessionState): Replays {
    return getOrInsert(this.#after, session, () => new Replays());
  }

  /** @param by the session that sent the logout. A `logout-all` also ends other sessions */
  #loggedOut(logout: Operation, session: SessionState, by: SessionState): void {
    if (logout.outcome !== 'ok' || session.login === undefined || !precedes(session.login, logout)) return;
    const replays = this.#replaysOf(session);
    if (replays.logout !== undefined) return;
    if (session.lost !== undefined || by.lost !== undefined) {
      this.count.indeterminate++;
      return;
    }
    if (session === by && misses(logout, session)) this.count.missed++;
    this.count.logouts++;
    replays.logout = logout;
    // An instance that never showed the session signed in may not know it, and then not end it.
    replays.strange = logout.instance !== undefined && !by.knownBy.includes(logout.instance);
    if (replays.flight !== undefined && precedes(replays.flight, logout)) replays.flight = undefined;
    if (replays.flight !== undefined) this.count.raced++;
  }

  #afterwards(operation: Operation, session: SessionState, start: Parameters<typeof precedes>[1]): void {
    if (precedes(operation, start)) return;
    if (operation.action === 'login' && operation.with === 'old') {
      this.#enteredAgain(operation, this.#replaysOf(session));
      return;
    }
    const replays = this.#replaysOf(session);
    const { logout } = replays;
    if (operation.action === 'login' && operation.outcome !== 'fail') replays.again = true;
    if (logout === undefined || !precedes(logout, operation)) {
      // It is not known whether the request came before the logout, so it counts as in flight.
      if (replays.flight === undefined && logout !== undefined) this.count.raced++;
      replays.flight = operation;
      this.#late.set(operation, session, replays);
      return;
    }
    // After another login, only requests with the old cookies are judged.
    if (operation.action === 'login' || (replays.again && operation.with === undefined)) return;
    if (operation.with === undefined || operation.with === 'old') this.#replayed(operation, replays, session);
  }

  /** Judges a login without a password after the logout: a provider that accepts it still knows the user. */
  #enteredAgain(login: Operation, { logout }: Replays): void {
    if (logout === undefined || login.signedIn === undefined || login.outcome !== 'ok') return;
    this.count.known++;
    this.report(() => stillKnown(logout, login), 'ZOMBIE');
  }

  #replayed(operation: Operation, replays: Replays, session: SessionState): void {
    const { refresh } = this.run.declared ?? {};
    const alive = honoured(operation);
    // Without `revokes`, an access token lives until it expires, which token-refresh judges.
    if (refresh !== undefined && refresh.revokes === undefined) return;
    if (alive === undefined || !replays.isEvidence(operation, alive, session)) return;
    this.count.replays++;
    addTo(this.count.tried, operation.instance);
    if (replays.add(operation, alive))
      replays.anomaly = this.reportSignedIn(
        operation,
        () => replays.violation(operation),
        replays.nameOf(operation),
      );
  }

  override sessionEnded(session: SessionState): void {
    this.#after.get(session)?.settle();
    this.#after.delete(session);
    this.#late.sessionEnded(session);
    const sessions = this.#users.get(session.user);
    if (sessions?.delete(session) && sessions.size === 0) this.#users.delete(session.user);
  }
}
