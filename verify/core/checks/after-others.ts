/** Finds sessions that were lost just after another login or logout of the same user. */
import type { Action, Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';

const LOGINS: ReadonlySet<Action> = new Set<Action>(['login', 'logout', 'logout-all']);
const REMEMBERED = 2;
/** To name a login as the cause, at least this number and this share of the losses must come just after a login. */
const ENOUGH = 3;
const SHARE = 0.9;
/** To name a login as the cause, at most this share of the handoffs without a loss may come just after a login. */
const USUAL = 0.5;
/** To name a login as the cause, chance must explain the losses with at most this probability. */
const CHANCE = 0.01;

/** Lost sessions (`here`), handoffs without a loss (`kept`), and how many of each came just after a login. */
export class Followed {
  here = 0;
  followed = 0;
  kept = 0;
  keptAfter = 0;
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

/** Returns whether sessions are lost just after another login or logout clearly more often than by chance. */
export function isPattern({ here, followed, kept, keptAfter }: Followed): boolean {
  const usual = (keptAfter + 1) / (kept + 2);
  return here >= ENOUGH && followed >= SHARE * here && usual <= USUAL && usual ** followed <= CHANCE;
}

export const patternOf = (counts: Followed): string =>
  !isPattern(counts)
    ? ''
    : `; ${counts.followed} of them just after another login or logout of the same user: if the app limits sessions, declare ` +
      '`sessions` in the target file';
