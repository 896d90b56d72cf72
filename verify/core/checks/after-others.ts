/**
 * Losses that follow another login, or a logout, of the same user: an app that allows a user only so many sessions
 * looks like that, and its target file should say so.
 */
import type { Operation } from '../history.ts';
import type { SessionState } from '../sessions.ts';

/** Of each user, so many are remembered: the last of two different sessions. */
const REMEMBERED = 2;
/** Losses before a pattern says anything, and the share of them that it must explain. */
const ENOUGH = 3;
const SHARE = 0.9;

export class AfterOthers {
  readonly #last = new Map<string, Operation[]>();

  add(operation: Operation): void {
    if (operation.outcome === 'fail') return;
    const last = this.#last.get(operation.user);
    if (last === undefined) this.#last.set(operation.user, [operation]);
    else {
      const others = last.filter(({ session }) => session !== operation.session);
      this.#last.set(operation.user, [operation, ...others].slice(0, REMEMBERED));
    }
  }

  /** @returns the login or logout of another session of the user since the lost one was last known to live */
  before(lost: Operation, { last, login }: SessionState): Operation | undefined {
    const since = (last ?? login)?.call ?? 0;
    const until = lost.return ?? Number.POSITIVE_INFINITY;
    return this.#last
      .get(lost.user)
      ?.find(
        ({ session, call, return: end = Number.POSITIVE_INFINITY }) =>
          session !== lost.session && end > since && call < until,
      );
  }
}

export const noteOf = ({ action, session, user }: Operation): string =>
  `just before, another session of ${user} (${session}) logged ${action === 'login' ? 'in' : 'out'}: where the app ` +
  'limits the sessions of a user, or a logout ends them all, the target file must say so (`sessions`)';

/** @returns what to say where nearly all losses follow another login or logout; empty where they do not */
export const patternOf = (lost: number, followed: number): string =>
  lost < ENOUGH || followed < SHARE * lost
    ? ''
    : `; ${followed} of them just after another login or logout of the same user: if the app limits sessions, declare ` +
      '`sessions` in the target file';
