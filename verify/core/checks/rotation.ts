/** Checks rotation: cookies from before a login are not signed in after it, since an attacker may have them too. */

import type { Operation } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
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

/** Minimum number of sessions whose cookies were replayed, for each kind of cookies. */
const ENOUGH = 3;

export const rotation: Check = {
  guarantee: 'rotation',
  assumes:
    'the jar was empty before the first requests, or held the live session of another user: none of its cookies was ' +
    'signed in as the user who logs in',
  minimum:
    `${ENOUGH} live sessions whose session cookies from before the login were replayed (those of another user's live ` +
    `session in the same jar count), and ${ENOUGH} with an id that the client had invented`,
  start: (_run, onAnomaly) => new Rotation(onAnomaly),
  conclude: concluded,
};

type Kind = 'before-login' | 'another' | 'invented';
const KINDS: readonly Kind[] = ['before-login', 'another', 'invented'];

/** The replays of one session. Each kind is counted once, and only the first violation is reported. */
interface Tried {
  login: Operation | undefined;
  fixed: boolean;
  kinds: Set<Kind>;
}

class Rotation implements Fold {
  readonly #anomalies: Anomalies;
  readonly #tried = new Map<SessionState, Tried>();
  readonly #sessions = { 'before-login': 0, another: 0, invented: 0 };
  #replays = 0;

  constructor(onAnomaly?: OnAnomaly) {
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, { session }: Standing): void {
    const kind = KINDS.find(one => one === operation.with);
    if (kind === undefined) return;
    const tried = this.#triedOf(session);
    if (operation.action === 'login') {
      // A login with such cookies does not begin a session here. Only later responses show which user they sign in.
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
      tried = { login: undefined, fixed: false, kinds: new Set() };
      this.#tried.set(session, tried);
    }
    return tried;
  }

  #replayed(operation: Operation, kind: Kind, session: SessionState, tried: Tried, login: Operation): void {
    const signedIn = honoured(operation);
    if (signedIn !== true && !this.#rules(operation, kind, session)) return;
    this.#replays++;
    if (!tried.kinds.has(kind)) this.#sessions[kind]++;
    tried.kinds.add(kind);
    if (signedIn !== true || tried.fixed) return;
    tried.fixed = true;
    this.#anomalies.add(() => fixed(operation, kind, login));
  }

  /** @returns whether a replay that is not signed in as the user is evidence that its cookies stayed signed out */
  #rules(operation: Operation, kind: Kind, session: SessionState): boolean {
    // Cookies of a dead session, and requests without a session cookie, are refused in any case.
    if (session.lost !== undefined || session.logout !== undefined || operation.sent === undefined)
      return false;
    return operation.signedIn === 'out' || (kind === 'another' && showsAnother(operation));
  }

  sessionEnded(session: SessionState): void {
    this.#tried.delete(session);
  }

  counts(): Counts {
    return {
      ...this.#sessions,
      replays: this.#replays,
      fixed: this.#anomalies.count,
    };
  }

  finish(): Finding {
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

const HELD: Record<Kind, string> = {
  'before-login': 'the cookies from before the login',
  another: 'the cookies of the session that was in the browser before the login',
  invented: 'an id that the client had invented',
};

function fixed(operation: Operation, kind: Kind, login: Operation): Anomaly {
  const holder = kind === 'invented' ? 'it' : 'them';
  return {
    name: 'FIXED',
    guarantee: 'rotation',
    session: operation.session,
    user: operation.user,
    summary: `${HELD[kind]} became signed in by the login: every client that holds ${holder} is now signed in as ${operation.user}`,
    witness: [
      { operation: login, came: 'logged in' },
      { operation, expected: 'signed out', came: `signed in as ${operation.user}` },
    ],
    notes: [],
  };
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [before, invented, broken] = [of('before-login') + of('another'), of('invented'), of('fixed')];
  const finding =
    broken === 0
      ? `at most ${percent(upperBound(0, before))} of logins sign in the cookies from before them`
      : `${grouped(broken)} of ${counted(before + invented, 'session')} signed in a cookie from before the login`;
  const rests = { replays: of('replays'), 'from before the login': before, invented };
  return conclude(broken, missing(before, invented), rests, finding);
}

function missing(before: number, invented: number): string | undefined {
  if (before < ENOUGH) {
    return (
      `session cookies from before the login were replayed for ${counted(before, 'live session')}, ${ENOUGH} are ` +
      'needed: the app sets none before the login, and no user logged in while another was signed in. If the target ' +
      'file has one account, add a second one. If the app also redirects signed-in users away from its login, there is no cookie to replay'
    );
  }
  if (invented < ENOUGH) {
    return `an invented id was sent before the login of ${counted(invented, 'session')}, ${ENOUGH} are needed`;
  }
  return undefined;
}
