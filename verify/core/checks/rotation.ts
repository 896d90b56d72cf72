/** Checks rotation: a login never signs in an older cookie, because an attacker may have the older cookie, too. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { counted, grouped } from '../result/format.ts';
import { precedes } from '../timeline/clocks.ts';
import { honoured, type SessionState, type Standing, showsAnother } from '../timeline/sessions.ts';
import { atMost, check, few, Judging, violation } from './framework.ts';

const ENOUGH = 3;

const HELD = {
  'before-login': 'cookies from before it',
  another: 'the cookies of the session that was in the browser before it',
  invented: 'an id that the client had invented',
};
type Kind = keyof typeof HELD;

class Sent {
  'before-login' = 0;
  another = 0;
  invented = 0;
  replays = 0;
}

/** The kinds of cookies that were tried in one session, to count each kind once. */
class Tried {
  login: Operation | undefined;
  fixed = false;
  readonly kinds = new Set<Kind>();
}

class Rotation extends Judging<Sent> {
  readonly #tried = new WeakMap<SessionState, Tried>();

  override ended(operation: Operation, { session }: Standing): void {
    const kind = operation.with;
    if (kind !== 'before-login' && kind !== 'another' && kind !== 'invented') return;
    const tried = getOrInsert(this.#tried, session, () => new Tried());
    if (operation.action === 'login') {
      if (operation.outcome === 'ok') tried.login ??= operation;
      return;
    }
    const login = session.login ?? tried.login;
    if (login === undefined || !precedes(login, operation)) return;
    const signedIn = honoured(operation);
    if (signedIn !== true && !rules(operation, kind, session)) return;
    this.count.replays++;
    if (!tried.kinds.has(kind)) this.count[kind]++;
    tried.kinds.add(kind);
    if (signedIn !== true || tried.fixed) return;
    tried.fixed = true;
    const came = `signed in as ${operation.user}`;
    const those = kind === 'invented' ? 'it' : 'them';
    const summary = `the login signed in ${HELD[kind]}: every client that holds ${those} is now ${came}`;
    this.reportSignedIn(operation, () =>
      violation(summary, [login, 'logged in'], [operation, came, 'signed out']),
    );
  }
}

function rules(operation: Operation, kind: Kind, { lost, logout }: SessionState): boolean {
  // An app refuses every request of an ended session, and every request without a session cookie.
  if (lost !== undefined || logout !== undefined || operation.sent === undefined) return false;
  return operation.signedIn === 'out' || (kind === 'another' && showsAnother(operation));
}

const beforeLogin = (count: Sent): number => count['before-login'] + count.another;

export const rotation = check<Sent>({
  guarantee: 'rotation',
  assumes:
    'before a login, its client has no cookie that is signed in as the user who logs in: it begins without cookies, or ' +
    'has the live session of another user',
  minimum:
    `${ENOUGH} live sessions whose cookies from before the login were replayed (the cookies of another user's live ` +
    `session in the same browser count), and ${ENOUGH} with an id that the client had invented`,
  judge: Rotation,
  counts: Sent,
  compared: ({ replays }) => replays,
  missing(count) {
    if (beforeLogin(count) < ENOUGH) {
      return (
        `cookies from before the login were replayed for ${counted(beforeLogin(count), 'live session')}, ${ENOUGH} are needed: the ` +
        'app sets none before a login. With two accounts, Baton can log in a user while another one is signed in, if ' +
        'the app shows its login page then'
      );
    }
    const sent = few(count.invented, ENOUGH, 'session');
    return sent === undefined ? undefined : `an invented id was sent before the login of ${sent}`;
  },
  rests: count => ({
    replays: count.replays,
    'from before the login': beforeLogin(count),
    invented: count.invented,
  }),
  rulesOut: count => `${atMost(beforeLogin(count))} of logins sign in an older cookie`,
  broken: (violations, count) =>
    `${grouped(violations)} of ${counted(beforeLogin(count) + count.invented, 'session')} signed in a cookie from before the login`,
});
