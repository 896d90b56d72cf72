/** rotation: what a client held before the login does not become signed in by it, whoever else holds it. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  type Finding,
  type Fold,
  grouped,
  percent,
  reader,
  type Tell,
} from '../check.ts';
import { precedes } from '../clocks.ts';
import type { Operation } from '../history.ts';
import { honoured, type SessionState, type Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly } from '../verdict.ts';

/** Sessions whose cookies were replayed, of either kind, before "none was signed in" says anything. */
const ENOUGH = 3;

export const rotation: Check = {
  guarantee: 'rotation',
  assumes: 'the jar was fresh before the login: what it held then was signed in nowhere',
  minimum:
    `${ENOUGH} live sessions whose cookies from before the login were replayed, and ${ENOUGH} with an id that ` +
    'the client had invented',
  start: (_run, tell) => new Rotation(tell),
  conclude: concluded,
};

type Kind = 'before-login' | 'invented';

/** What a session has shown: each is counted and told once. */
interface Tried {
  login: Operation | undefined;
  fixed: boolean;
  'before-login': boolean;
  invented: boolean;
}

class Rotation implements Fold {
  readonly #anomalies: Anomalies;
  readonly #tried = new Map<SessionState, Tried>();
  readonly #sessions = { 'before-login': 0, invented: 0 };
  #replays = 0;

  constructor(tell?: Tell) {
    this.#anomalies = new Anomalies(tell);
  }

  ended(operation: Operation, { session }: Standing): void {
    const kind = operation.with;
    if (kind !== 'before-login' && kind !== 'invented') return;
    const tried = this.#triedOf(session);
    if (operation.action === 'login') {
      // A login sent with an invented id is one that the judge does not take for the birth of a session.
      if (operation.outcome === 'ok') tried.login ??= operation;
      return;
    }
    const login = session.login ?? tried.login;
    if (login === undefined || !precedes(login, operation)) return;
    this.#replayed(operation, kind, session, tried, login);
  }

  #triedOf(session: SessionState): Tried {
    let tried = this.#tried.get(session);
    if (tried === undefined) {
      tried = { login: undefined, fixed: false, 'before-login': false, invented: false };
      this.#tried.set(session, tried);
    }
    return tried;
  }

  #replayed(operation: Operation, kind: Kind, session: SessionState, tried: Tried, login: Operation): void {
    const signedIn = honoured(operation);
    const dead = session.lost !== undefined || session.logout !== undefined;
    // That a dead session's cookies are refused says nothing.
    if (signedIn === undefined || (!signedIn && (dead || operation.signedIn !== 'out'))) return;
    this.#replays++;
    if (!tried[kind]) this.#sessions[kind]++;
    tried[kind] = true;
    if (!signedIn || tried.fixed) return;
    tried.fixed = true;
    this.#anomalies.add(() => fixed(operation, kind, login));
  }

  sessionEnded(session: SessionState): void {
    this.#tried.delete(session);
  }

  counts(): Counts {
    return {
      'before-login': this.#sessions['before-login'],
      invented: this.#sessions.invented,
      replays: this.#replays,
      fixed: this.#anomalies.count,
    };
  }

  finish(): Finding {
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

function fixed(operation: Operation, kind: Kind, login: Operation): Anomaly {
  const what =
    kind === 'invented' ? 'an id that the client had invented' : 'the cookies from before the login';
  return {
    name: 'FIXED',
    guarantee: 'rotation',
    session: operation.session,
    user: operation.user,
    summary: `${what} became signed in by it: whoever planted ${kind === 'invented' ? 'it' : 'them'} is ${operation.user} now`,
    witness: [
      { operation: login, came: 'logged in' },
      { operation, expected: 'signed out', came: `signed in as ${operation.user}` },
    ],
    notes: [],
  };
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [before, invented, broken] = [of('before-login'), of('invented'), of('fixed')];
  const finding =
    broken === 0
      ? `at most ${percent(upperBound(0, before))} of logins sign in the cookies from before them`
      : `${grouped(broken)} of ${counted(before + invented, 'session')} signed in what was held before the login`;
  const rests = { replays: of('replays'), 'from before the login': before, invented };
  return conclude(broken, missing(before, invented), rests, finding);
}

function missing(before: number, invented: number): string | undefined {
  if (before < ENOUGH) {
    return (
      `cookies from before the login were replayed for ${counted(before, 'live session')}, ${ENOUGH} are needed: ` +
      'keep what the jar held before each login, and send it again afterwards'
    );
  }
  if (invented < ENOUGH) {
    return `an invented id was sent before the login of ${counted(invented, 'session')}, ${ENOUGH} are needed`;
  }
  return undefined;
}
