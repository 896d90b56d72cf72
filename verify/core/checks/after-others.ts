/**
 * Finds sessions that were lost just after another login, or a logout, of the same user. An app that limits the number
 * of sessions of a user loses sessions in this way; its target file should declare `sessions`.
 */
import type { Action, Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';

const LOGINS: ReadonlySet<Action> = new Set<Action>(['login', 'logout', 'logout-all']);
/** Maximum number of logins and logouts that are kept for each user: the latest of two different sessions. */
const REMEMBERED = 2;
/** The finding names this cause if at least this number of losses, and this share of them, follow a login or logout. */
const ENOUGH = 3;
const SHARE = 0.9;
/** If a larger share of the handoffs that lost nothing also follows a login or logout, this is not the cause. */
const USUAL = 0.5;
/** The finding names this cause only if chance explains the losses with at most this probability. */
const CHANCE = 0.01;

/**
 * `here`: number of losses. `kept`: number of handoffs without a loss. `followed`, `keptAfter`: how many of these came
 * just after another login or logout of the same user.
 */
export interface Followed {
  /** Counts only losses on instances that had known the session: other instances lose it for another reason. */
  here: number;
  followed: number;
  kept: number;
  keptAfter: number;
}

export class AfterOthers {
  readonly #last = new Map<string, Operation[]>();

  /** Adds an operation. Ignores all operations except logins and logouts. */
  add(operation: Operation): void {
    if (!LOGINS.has(operation.action) || operation.outcome === 'fail') return;
    const last = this.#last.get(operation.user) ?? [];
    const others = last.filter(({ session }) => session !== operation.session);
    this.#last.set(operation.user, [operation, ...others].slice(0, REMEMBERED));
  }

  /** Returns the other session's login or logout that came between the session's last success and this operation. */
  before(operation: Operation, { last, login }: Pick<SessionState, 'last' | 'login'>): Operation | undefined {
    const since = (last ?? login)?.call ?? 0;
    const until = operation.return ?? Number.POSITIVE_INFINITY;
    return this.#last
      .get(operation.user)
      ?.find(
        ({ session, call, return: end = Number.POSITIVE_INFINITY }) =>
          session !== operation.session && end > since && call < until,
      );
  }
}

export const noteOf = ({ action, session, user }: Operation): string =>
  `just before, another session of ${user} (${session}) logged ${action === 'login' ? 'in' : 'out'}: if the app ` +
  'limits the sessions of a user, or a logout ends all of them, declare `sessions` in the target file';

/**
 * Returns whether losses follow another login or logout of the user clearly more often than other requests do. With few
 * accounts, a login comes before most requests.
 */
export function isPattern({ here, followed, kept, keptAfter }: Followed): boolean {
  const usual = (keptAfter + 1) / (kept + 2);
  return here >= ENOUGH && followed >= SHARE * here && usual <= USUAL && usual ** followed <= CHANCE;
}

/** Returns a suffix for the finding, which names the cause; empty if `isPattern` is false. */
export const patternOf = (counts: Followed): string =>
  !isPattern(counts)
    ? ''
    : `; ${counts.followed} of them just after another login or logout of the same user: if the app limits sessions, declare ` +
      '`sessions` in the target file';
