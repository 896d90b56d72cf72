/** logout-final: after an acknowledged logout the old cookie is refused, on every instance, for good. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  grouped,
  type OnAnomaly,
  percent,
  reader,
} from '../check.ts';
import { precedes } from '../clocks.ts';
import type { Operation, Run } from '../history.ts';
import { Reach, reach, untried } from '../reach.ts';
import { honoured, type SessionState, type Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly } from '../verdict.ts';
import { Replays } from './replays.ts';

/** Logouts with a request in flight, before "none came back" says anything. */
const RACES = 3;

/** Late cookies of a session that are remembered for the witness. */
const REMEMBERED = 100;

export const logoutFinal: Check = {
  guarantee: 'logout-final',
  assumes:
    'a session ends in the history only after its last replay; the target signs nobody in by other means',
  minimum:
    `${ENOUGH_HANDOFFS} replays of cookies from before a logout, one on each instance at least, ` +
    `and ${RACES} logouts with a request of the session in flight`,
  start: (run, onAnomaly) => new LogoutFinal(run, onAnomaly),
  conclude: concluded,
};

class LogoutFinal implements Fold {
  readonly #anomalies: Anomalies;
  readonly #reach = new Reach();
  /** Open sessions of each user, for a logout that ends them all. */
  readonly #users = new Map<string, Set<SessionState>>();
  /** What came after the logout of a session, from its call on. */
  readonly #after = new Map<SessionState, Replays>();
  /** By client: its last login. */
  readonly #logins = new Map<string, Operation>();
  readonly #strict: boolean;
  #logouts = 0;
  #untold = 0;
  #replays = 0;
  #raced = 0;
  #missed = 0;
  #again = 0;
  #undone = 0;

  constructor({ declared }: Run, onAnomaly?: OnAnomaly) {
    this.#strict = declared?.logout === 'strict';
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, { session, meets }: Standing): void {
    if (meets) this.#reach.met(operation.instance);
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

  /** @param by the session that asked for it */
  #loggedOut(logout: Operation, session: SessionState, by: SessionState): void {
    if (logout.outcome !== 'ok' || session.login === undefined || !precedes(session.login, logout)) return;
    const replays = this.#replaysOf(session);
    if (replays.logout !== undefined) return;
    if (session.lost !== undefined || by.lost !== undefined) {
      this.#untold++;
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
    // An instance that never showed that session signed in may not know it, and so not have ended it.
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
      // Neither certainly before the logout nor after it.
      if (replays.flight === undefined && logout !== undefined) this.#raced++;
      replays.flight = operation;
      if (operation.cookies !== undefined) this.#late(operation, session, replays);
      return;
    }
    // After another login the jar has other cookies; those from before the logout stay what they are.
    if (operation.action === 'login' || (replays.again && operation.with === undefined)) return;
    if (operation.with !== undefined && operation.with !== 'old') return;
    this.#judge(operation, replays);
  }

  #judge(operation: Operation, replays: Replays): void {
    const alive = honoured(operation);
    if (alive === undefined || (!alive && operation.signedIn !== 'out')) return;
    if (!replays.tells(operation, alive)) return;
    this.#replays++;
    this.#reach.tried(operation.instance);
    if (!replays.add(operation, alive)) return;
    this.#anomalies.add(() => replays.anomaly(operation), replays.nameOf(operation));
  }

  /** A response that set a cookie after the logout: worth a report when it is the dead one. */
  #late(operation: Operation, session: SessionState, replays: Replays): void {
    for (const { name, change, label } of operation.cookies ?? []) {
      if (change !== 'set' || label === undefined) continue;
      if (replays.late.size < REMEMBERED) replays.late.set(label, operation);
      if (!session.login?.cookies?.some(cookie => cookie.label === label)) continue;
      this.#again++;
      const login = this.#logins.get(operation.client);
      if (login === undefined || login === session.login || !undoes(operation, login, name)) continue;
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
      untold: this.#untold,
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

/** Whether a response ended after a later login of its client, and set the cookie that the login had set. */
function undoes(late: Operation, login: Operation, name: string): boolean {
  if (late.clock !== login.clock || late.return === undefined || login.return === undefined) return false;
  const set = login.cookies?.some(cookie => cookie.name === name && cookie.change === 'set') === true;
  return set && login.return < late.return;
}

function undone(late: Operation, session: SessionState, login: Operation): Anomaly {
  return {
    name: 'RISEN',
    guarantee: 'logout-final',
    session: session.session,
    user: session.user,
    summary: 'a late response set the dead cookie over that of a later login: the user is signed out',
    witness: [
      { operation: login, came: 'logged in again' },
      {
        operation: late,
        expected: 'no cookie of the session that was logged out',
        came: 'set the dead cookie',
      },
    ],
    notes: [],
  };
}

/** Whether a deletion leaves the cookie of the login where it is: another Path or Domain is another cookie. */
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
      : `the cookie lived on after ${grouped(alive)} of ${counted(logouts, 'logout')}`;
  return conclude(alive, missing(counts), rests, [judged, ...told(counts)].join('; '));
}

/** What is worth knowing, and no violation: the cookie is dead, though it is still sent. */
function told(counts: Counts): string[] {
  const of = reader(counts);
  return [
    ...(of('missed') > 0 ? [`${counted(of('missed'), 'deletion')} missed the cookie’s Path or Domain`] : []),
    ...(of('again') > 0 ? [`${counted(of('again'), 'late response')} set the dead cookie again`] : []),
    ...(of('undone') > 0
      ? [`${counted(of('undone'), 'late response')} set it over the cookie of a later login`]
      : []),
  ];
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  const [logouts, untold, replays, raced] = [of('logouts'), of('untold'), of('replays'), of('raced')];
  if (logouts === 0) {
    return untold > 0
      ? `${counted(untold, 'logout')}, all of sessions that an instance had lost before: restore continuity first`
      : 'no logout was acknowledged: give the target file a `logout`';
  }
  if (untold > 0)
    return `${counted(untold, 'logout')} of lost sessions say nothing: restore continuity first`;
  if (replays < ENOUGH_HANDOFFS) {
    return (
      `${counted(replays, 'replay')} of cookies from before a logout, ${ENOUGH_HANDOFFS} are needed: ` +
      'replay them on every instance, and let each session be served by all instances before its logout'
    );
  }
  if (raced < RACES) {
    return `${counted(raced, 'logout')} with a request of the session in flight, ${RACES} are needed`;
  }
  return untried(counts, 'replay');
}
