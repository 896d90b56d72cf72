/** Checks logout-final: after an acknowledged logout, every instance refuses the old cookie until the run ends. */

import type { CookieChange, Operation, Run } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
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
import { Replays } from './replays.ts';

/** Minimum number of logouts during which a request was in flight. */
const RACES = 3;

/** Maximum number of late cookies of a session that are kept for the witness. */
const REMEMBERED = 100;

export const logoutFinal: Check = {
  guarantee: 'logout-final',
  assumes:
    'a session ends in the history only after its last replay; the target signs users in only by the recorded logins',
  minimum:
    `${ENOUGH_HANDOFFS} replays of cookies from before a logout, at least one on each instance, ` +
    `and ${RACES} logouts with a request of the session in flight`,
  start: (run, onAnomaly) => new LogoutFinal(run, onAnomaly),
  conclude: concluded,
};

class LogoutFinal implements Fold {
  readonly #anomalies: Anomalies;
  readonly #reach = new Reach();
  /** Open sessions of each user, for a logout that ends all of them. */
  readonly #users = new Map<string, Set<SessionState>>();
  /** By session: the replays of its cookie since the call of its logout. */
  readonly #after = new Map<SessionState, Replays>();
  /** By client: its last login. */
  readonly #logins = new Map<string, Operation>();
  readonly #strict: boolean;
  #logouts = 0;
  /** Number of logouts that say nothing, since the session was already lost. */
  #indeterminate = 0;
  #replays = 0;
  /** Number of logouts during which a request was in flight. */
  #raced = 0;
  /** Number of logouts that deleted a cookie under another Path or Domain than the login had set. */
  #missed = 0;
  /** Number of late responses that set the cookie of the ended session again. */
  #again = 0;
  /** Number of late responses that replaced or deleted the cookie of a later login. */
  #undone = 0;

  constructor({ declared }: Run, onAnomaly?: OnAnomaly) {
    this.#strict = declared?.logout === 'strict';
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, { session, firstContactBeforeFaults }: Standing): void {
    if (firstContactBeforeFaults) this.#reach.add(operation.instance);
    if (operation.action === 'login' && operation.outcome === 'ok' && operation.with === undefined)
      this.#logins.set(operation.client, operation);
    if (session.logout === undefined) {
      if (session.login === operation) this.#lives(session);
      return;
    }
    const { action } = operation;
    if (action === 'logout') this.#loggedOut(operation, session, session);
    else if (action === 'logout-all') this.#allLoggedOut(operation, session);
    else this.#afterwards(operation, session);
  }

  #lives(session: SessionState): void {
    const sessions = this.#users.get(session.user);
    if (sessions === undefined) this.#users.set(session.user, new Set([session]));
    else sessions.add(session);
  }

  #replaysOf(session: SessionState): Replays {
    let replays = this.#after.get(session);
    if (replays === undefined) {
      replays = new Replays();
      this.#after.set(session, replays);
    }
    return replays;
  }

  /** @param by the session that sent the logout */
  #loggedOut(logout: Operation, session: SessionState, by: SessionState): void {
    if (logout.outcome !== 'ok' || session.login === undefined || !precedes(session.login, logout)) return;
    const replays = this.#replaysOf(session);
    if (replays.logout !== undefined) return;
    if (session.lost !== undefined || by.lost !== undefined) {
      this.#indeterminate++;
      return;
    }
    if (
      session === by &&
      logout.cookies?.some(cookie => cookie.change === 'deleted') &&
      misses(logout, session)
    ) {
      this.#missed++;
    }
    this.#logouts++;
    replays.logout = logout;
    // If the instance never showed the session signed in, it may not know the session, and may not have ended it.
    replays.strange = logout.instance !== undefined && !by.knownBy.includes(logout.instance);
    if (replays.flight !== undefined && precedes(replays.flight, logout)) replays.flight = undefined;
    if (replays.flight !== undefined) this.#raced++;
  }

  #allLoggedOut(logout: Operation, by: SessionState): void {
    for (const session of this.#users.get(by.user) ?? []) this.#loggedOut(logout, session, by);
  }

  #afterwards(operation: Operation, session: SessionState): void {
    if (session.logout !== undefined && precedes(operation, session.logout)) return;
    const replays = this.#replaysOf(session);
    const { logout } = replays;
    if (operation.action === 'login' && operation.outcome !== 'fail') replays.again = true;
    if (logout === undefined || !precedes(logout, operation)) {
      // It is not certain whether the request came before the logout or after it.
      if (replays.flight === undefined && logout !== undefined) this.#raced++;
      replays.flight = operation;
      if (operation.cookies !== undefined) this.#late(operation, session, replays);
      return;
    }
    // After another login the jar contains new cookies. Then only replays of the old cookies count.
    if (operation.action === 'login' || (replays.again && operation.with === undefined)) return;
    if (operation.with !== undefined && operation.with !== 'old') return;
    this.#judge(operation, replays);
  }

  #judge(operation: Operation, replays: Replays): void {
    const alive = honoured(operation);
    if (alive === undefined || (!alive && operation.signedIn !== 'out')) return;
    if (!replays.isEvidence(operation, alive)) return;
    this.#replays++;
    this.#reach.tried(operation.instance);
    if (!replays.add(operation, alive)) return;
    this.#anomalies.add(() => replays.anomaly(operation), replays.nameOf(operation));
  }

  /**
   * Notes a response that set a cookie after the logout. Counts it if it set the cookie of the ended session, and if it
   * replaced or deleted the cookie of a later login in the same jar.
   */
  #late(operation: Operation, session: SessionState, replays: Replays): void {
    for (const cookie of operation.cookies ?? []) {
      const { change, label } = cookie;
      if (change === 'set' && label !== undefined) {
        if (replays.late.size < REMEMBERED) replays.late.set(label, operation);
        if (session.login?.cookies?.some(cookie => cookie.label === label)) this.#again++;
      }
      const login = this.#logins.get(operation.client);
      if (login === undefined || login === session.login || !undoes(operation, login, cookie)) continue;
      this.#undone++;
      if (this.#strict) this.#anomalies.add(() => undone(operation, session, login), 'RISEN');
    }
  }

  sessionEnded(session: SessionState): void {
    this.#after.get(session)?.settle();
    const { login } = session;
    if (login !== undefined && this.#logins.get(login.client) === login) this.#logins.delete(login.client);
    this.#after.delete(session);
    const sessions = this.#users.get(session.user);
    if (sessions?.delete(session) && sessions.size === 0) this.#users.delete(session.user);
  }

  counts(): Counts {
    return {
      logouts: this.#logouts,
      raced: this.#raced,
      replays: this.#replays,
      indeterminate: this.#indeterminate,
      missed: this.#missed,
      again: this.#again,
      undone: this.#undone,
      alive: this.#anomalies.count,
      ...this.#reach.counts(),
    };
  }

  finish(): Finding {
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

/** Returns whether a late response ended after a later login of its client, and changed that login's cookie. */
function undoes(late: Operation, login: Operation, { name, label }: CookieChange): boolean {
  if (late.clock !== login.clock || late.return === undefined || login.return === undefined) return false;
  const set = login.cookies?.find(cookie => cookie.name === name && cookie.change === 'set');
  return set !== undefined && set.label !== label && login.return < late.return;
}

function undone(late: Operation, session: SessionState, login: Operation): Anomaly {
  return {
    name: 'RISEN',
    guarantee: 'logout-final',
    session: session.session,
    user: session.user,
    summary: 'a late response replaced or deleted the cookie of a later login: the user is signed out',
    witness: [
      { operation: login, came: 'logged in again' },
      {
        operation: late,
        expected: 'no cookie of the session that was logged out',
        came: 'changed the cookie of the later login',
      },
    ],
    notes: [],
  };
}

/** Returns whether the logout deletes a cookie under another Path or Domain than the login set, and so misses it. */
function misses(logout: Operation, { login }: SessionState): boolean {
  return (logout.cookies ?? []).some(deletion => {
    const set = login?.cookies?.find(cookie => cookie.name === deletion.name && cookie.change === 'set');
    if (deletion.change !== 'deleted' || !set?.attributes || !deletion.attributes) return false;
    return (
      set.attributes.path !== deletion.attributes.path || set.attributes.domain !== deletion.attributes.domain
    );
  });
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [alive, logouts, raced] = [of('alive'), of('logouts'), of('raced')];
  const rests = {
    logouts,
    'with a request in flight': raced,
    replays: of('replays'),
    instances: reach(counts),
  };
  const judged =
    alive === 0
      ? `at most ${percent(upperBound(0, raced))} of logouts with a request in flight are undone`
      : `the cookie was honoured after ${grouped(alive)} of ${counted(logouts, 'logout')}`;
  return conclude(alive, missing(counts), rests, [judged, ...reported(counts)].join('; '));
}

/** Returns facts to report with the judgement. They are not violations, but clients still send the old cookie. */
function reported(counts: Counts): string[] {
  const of = reader(counts);
  return [
    ...(of('missed') > 0 ? [`${counted(of('missed'), 'deletion')} missed the cookie’s Path or Domain`] : []),
    ...(of('again') > 0 ? [`${counted(of('again'), 'late response')} set the dead cookie again`] : []),
    ...(of('undone') > 0
      ? [`${counted(of('undone'), 'late response')} replaced or deleted the cookie of a later login`]
      : []),
  ];
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  const [logouts, replays, raced] = [of('logouts'), of('replays'), of('raced')];
  const indeterminate = of('indeterminate');
  if (logouts === 0) {
    return indeterminate > 0
      ? `${counted(indeterminate, 'logout')}, all of sessions that were lost before: restore continuity first`
      : 'no logout was acknowledged: give the target file a `logout`';
  }
  if (indeterminate > 0)
    return `${counted(indeterminate, 'logout')} of sessions that were lost before: restore continuity first`;
  if (replays < ENOUGH_HANDOFFS) {
    return (
      `${counted(replays, 'replay')} of cookies from before a logout, ${ENOUGH_HANDOFFS} are needed: ` +
      'replay them on every instance, and send requests of each session to all instances before its logout'
    );
  }
  if (raced < RACES) {
    return `${counted(raced, 'logout')} with a request of the session in flight, ${RACES} are needed`;
  }
  return untried(counts, 'replay');
}
