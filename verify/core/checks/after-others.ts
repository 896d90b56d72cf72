/**
 * Finds lost sessions that follow another login, or a logout, of the same user. An app that limits the number of
 * sessions of a user causes such losses. Its target file should declare the limit.
 */
import type { Action, Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';

const LOGINS: ReadonlySet<Action> = new Set<Action>(['login', 'logout', 'logout-all']);
/** Number of operations that are kept for each user: the latest logins or logouts of two different sessions. */
const REMEMBERED = 2;
/** The finding names this cause if at least ENOUGH losses, and this share of all, follow a login or logout. */
const ENOUGH = 3;
const SHARE = 0.9;
/**
 * If more than this share of the handoffs without a loss also follow a login or logout, the login or logout is not
 * the cause.
 */
const USUAL = 0.5;
/** Maximum probability that chance makes so many losses follow a login or logout. */
const CHANCE = 0.01;

/** Counts of losses and of handoffs without a loss, and how many of both follow a login or logout of the same user. */
export interface Followed {
  /**
   * Number of losses on an instance that had known the session. An instance that never knew the session also loses it
   * without this cause.
   */
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

  /** Returns another session's login or logout of the same user, between the last success and this operation. */
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
 * Returns whether losses follow another login or logout of the same user clearly more often than by chance. With few
 * accounts, such a login comes before most requests.
 */
export function isPattern({ here, followed, kept, keptAfter }: Followed): boolean {
  const usual = (keptAfter + 1) / (kept + 2);
  return here >= ENOUGH && followed >= SHARE * here && usual <= USUAL && usual ** followed <= CHANCE;
}

/** Returns a suffix for the finding if losses follow another login or logout; otherwise an empty text. */
export const patternOf = (counts: Followed): string =>
  !isPattern(counts)
    ? ''
    : `; ${counts.followed} of them just after another login or logout of the same user: if the app limits sessions, declare ` +
      '`sessions` in the target file';
