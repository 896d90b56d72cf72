/**
 * Finds sessions that were lost just after another login or a logout of the same user. An app that limits the number of
 * sessions per user loses sessions in this way, and its target file should declare `sessions`.
 */
import type { Action, Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';

const LOGINS: ReadonlySet<Action> = new Set<Action>(['login', 'logout', 'logout-all']);
const REMEMBERED = 2;
/**
 * Logins or logouts are named as the cause of lost sessions only if they came just before at least 3 of the losses, and
 * just before at least 90 % of them.
 */
const ENOUGH = 3;
const SHARE = 0.9;
/**
 * Logins are not named as the cause if they also came just before most handoffs without a loss: more than this share. A
 * handoff is a request on another instance than the session's previous one.
 */
const USUAL = 0.5;
/** Logins are named as the cause only if the probability that chance alone explains the losses is at most this. */
const CHANCE = 0.01;

/**
 * Number of lost sessions (`here`), and of handoffs that lost no session (`kept`). A handoff is a request on another
 * instance than the session's previous one. `followed` and `keptAfter`: how many of the losses, and of these handoffs,
 * came just after another login or logout of the same user.
 */
export interface Followed {
  here: number;
  followed: number;
  kept: number;
  keptAfter: number;
}

export class AfterOthers {
  readonly #last = new Map<string, Operation[]>();

  add(operation: Operation): void {
    if (!LOGINS.has(operation.action) || operation.outcome === 'fail') return;
    const last = this.#last.get(operation.user) ?? [];
    const others = last.filter(({ session }) => session !== operation.session);
    this.#last.set(operation.user, [operation, ...others].slice(0, REMEMBERED));
  }

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
 * Returns whether losses of sessions come just after another login or logout clearly more often than other handoffs do.
 */
export function isPattern({ here, followed, kept, keptAfter }: Followed): boolean {
  const usual = (keptAfter + 1) / (kept + 2);
  return here >= ENOUGH && followed >= SHARE * here && usual <= USUAL && usual ** followed <= CHANCE;
}

export const patternOf = (counts: Followed): string =>
  !isPattern(counts)
    ? ''
    : `; ${counts.followed} of them just after another login or logout of the same user: if the app limits sessions, declare ` +
      '`sessions` in the target file';
