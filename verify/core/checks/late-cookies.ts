/** Finds responses that set a session cookie after the logout of their session. */
import type { CookieChange, Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';
import type { Replays } from './replays.ts';

const REMEMBERED = 100;

type LateCounts = Record<'again' | 'undone', number>;

export class LateCookies {
  readonly #logins = new Map<string, Operation>();

  login(operation: Operation): void {
    if (operation.action === 'login' && operation.outcome === 'ok' && operation.with === undefined)
      this.#logins.set(operation.client, operation);
  }

  /** Counts cookies of the ended session that are set again, and cookies of a later login that are replaced. */
  set(operation: Operation, session: SessionState, replays: Replays, count: LateCounts): Violation[] {
    const found: Violation[] = [];
    for (const cookie of operation.cookies ?? []) {
      const { change, label } = cookie;
      if (change === 'set' && label !== undefined) {
        if (replays.late.size < REMEMBERED) replays.late.set(label, operation);
        if (session.login?.cookies?.some(other => other.label === label)) count.again++;
      }
      const login = this.#logins.get(operation.client);
      if (login === undefined || login === session.login || !undoes(operation, login, cookie)) continue;
      count.undone++;
      found.push(undone(operation, session, login));
    }
    return found;
  }

  sessionEnded({ login }: SessionState): void {
    if (login !== undefined && this.#logins.get(login.client) === login) this.#logins.delete(login.client);
  }
}

function undoes(late: Operation, login: Operation, changed: CookieChange): boolean {
  if (late.clock !== login.clock || late.return === undefined || login.return === undefined) return false;
  const sets = cookiesSet(login).filter(({ name }) => name === changed.name);
  const isSame =
    sets.every(set => deletesBeside(changed, set)) || sets.some(({ label }) => label === changed.label);
  return !isSame && login.return < late.return;
}

const cookiesSet = (login: Operation | undefined): readonly CookieChange[] =>
  (login?.cookies ?? []).filter(({ change }) => change === 'set');

/** A response that deletes a cookie with the wrong Path or Domain has no effect: the client keeps the cookie. */
function deletesBeside({ change, attributes }: CookieChange, set: CookieChange): boolean {
  if (change !== 'deleted' || set.attributes === undefined || attributes === undefined) return false;
  return set.attributes.path !== attributes.path || set.attributes.domain !== attributes.domain;
}

const undone = (late: Operation, { session, user }: SessionState, login: Operation): Violation => ({
  at: { ...late, session, user },
  summary: 'a late response replaced or deleted the cookie of a later login: the user is signed out',
  witness: [
    [login, 'logged in again'],
    [late, 'changed the cookie of the later login', 'no cookie of the session that was logged out'],
  ],
});

/** Returns whether a logout deletes a cookie only with a wrong Path or Domain, so that the client keeps the cookie. */
export const misses = ({ cookies = [] }: Operation, { login }: SessionState): boolean =>
  cookiesSet(login).some(set => {
    const deletions = cookies.filter(({ name, change }) => name === set.name && change === 'deleted');
    return deletions.length > 0 && deletions.every(deletion => deletesBeside(deletion, set));
  });
