import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import { addTo, Judging, tally } from './framework.ts';
import { LateCookies, misses } from './late-cookies.ts';
import { Causes, Replays, stillKnown } from './replays.ts';

export class Logouts {
  logouts = 0;
  raced = 0;
  replays = 0;
  /** Number of logouts that prove nothing, because the session had been lost before. */
  indeterminate = 0;
  /** Number of logouts that deleted a cookie with a wrong Path or Domain, so that clients keep the cookie. */
  missed = 0;
  /** Number of logouts after which the identity provider signed the user in again without a password. */
  known = 0;
  /** Number of cookies of an ended session that a response set again after the logout was sent. */
  again = 0;
  /** Number of cookies of a later login that a late response to an earlier session replaced or deleted. */
  undone = 0;
  tried = tally();
}

export class LogoutFinal extends Judging<Logouts> {
  readonly #users = new Map<string, Set<SessionState>>();
  readonly #after = new Map<SessionState, Replays>();
  readonly #late = new LateCookies();
  readonly #causes = new Causes();

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

  /** @param by the session that sent the logout, which differs from `session` after a `logout-all` */
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
    // An instance that never showed the session signed in may not know the session.
    replays.strange = logout.instance !== undefined && !by.knownBy.includes(logout.instance);
    if (replays.flight !== undefined && precedes(replays.flight, logout)) replays.flight = undefined;
    if (replays.flight !== undefined) this.count.raced++;
  }

  #afterwards(operation: Operation, session: SessionState, start: Parameters<typeof precedes>[1]): void {
    if (precedes(operation, start)) return;
    const replays = this.#replaysOf(session);
    const { logout } = replays;
    if (operation.action === 'login' && operation.with === 'old') {
      this.#enteredAgain(operation, logout);
      return;
    }
    if (operation.action === 'login' && operation.outcome !== 'fail') replays.again = true;
    if (logout === undefined || !precedes(logout, operation)) {
      // A request that may have come before the logout counts as in flight.
      if (replays.flight === undefined && logout !== undefined) this.count.raced++;
      replays.flight = operation;
      for (const undone of this.#late.set(operation, session, replays, this.count))
        if (this.run.declared?.logout === 'strict') this.report(() => undone, 'RISEN');
      return;
    }
    // If the client has logged in again, only its requests with the old cookies are judged.
    if (operation.action === 'login' || (replays.again && operation.with === undefined)) return;
    if (operation.with === undefined || operation.with === 'old') this.#replayed(operation, replays, session);
  }

  #enteredAgain(login: Operation, logout: Operation | undefined): void {
    if (logout === undefined || login.signedIn === undefined || login.outcome !== 'ok') return;
    this.count.known++;
    this.report(() => stillKnown(logout, login), 'ZOMBIE');
  }

  #replayed(operation: Operation, replays: Replays, session: SessionState): void {
    const { refresh } = this.run.declared ?? {};
    const alive = honoured(operation);
    // An access token may outlive the logout. The check token-refresh then judges the token.
    if (refresh !== undefined && refresh.revokes === undefined) return;
    if (alive === undefined || !replays.isEvidence(operation, alive, session)) return;
    this.count.replays++;
    addTo(this.count.tried, operation.instance);
    if (!replays.add(operation, alive)) return;
    const name = replays.nameOf(operation);
    replays.anomaly = this.reportSignedIn(operation, () => replays.violation(operation), name);
    if (name === 'ZOMBIE') this.#causes.add(replays);
  }

  override settle(): void {
    this.#causes.settle();
  }

  override sessionEnded(session: SessionState): void {
    this.#after.get(session)?.settle();
    this.#after.delete(session);
    this.#late.sessionEnded(session);
    const sessions = this.#users.get(session.user);
    if (sessions?.delete(session) && sessions.size === 0) this.#users.delete(session.user);
  }
}
