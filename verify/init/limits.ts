/** Finds out how many sessions a user can have at the same time, and whether one logout ends all of them. */
import { type LoginProcedure, mayEnter } from './enter.ts';
import type { LoginCredentials } from './login.ts';
import { type Known, type Logout, leave } from './logout.ts';
import { isAlive } from './session.ts';
import type { Visitor } from './visitor.ts';

/**
 * Maximum number of sessions that init creates for one account to find a limit. Some apps, such as Redmine, keep the
 * newest 10 sessions of a user. More sessions would need more logins, and apps often limit the number of logins.
 */
export const SESSIONS = 12;

/** The sessions of one account, and the limit on their number. */
export interface Crowd {
  /** The sessions of the account that are live, oldest first. */
  living: Visitor[];
  /** What happens at a login beyond the limit; undefined if init found no limit. */
  full?: 'oldest ends' | 'refused';
}

/**
 * Creates sessions until the oldest session ends, or a login is refused. Two responses must show the end of the oldest
 * session, because one response may come from an instance that does not know the session.
 *
 * @param one the first session
 * @param two the second session; undefined if its login was refused
 */
export async function crowd(
  entrance: LoginProcedure,
  account: LoginCredentials,
  { one, two, known }: { one: Visitor; two: Visitor | undefined; known: Known },
): Promise<Crowd> {
  if (two === undefined) return { living: [one], full: 'refused' };
  const living = [one];
  let next: Visitor | undefined = two;
  for (;;) {
    living.push(next);
    if (!(await isAlive(living[0] as Visitor, known))) {
      living.shift();
      const another = await mayEnter(entrance, account);
      if (another === undefined) return { living };
      living.push(another.visitor);
      if (await isAlive(living[0] as Visitor, known)) return { living };
      living.shift();
      return { living, full: 'oldest ends' };
    }
    if (living.length === SESSIONS) return { living };
    next = (await mayEnter(entrance, account))?.visitor;
    if (next === undefined) return { living, full: 'refused' };
  }
}

/**
 * Returns whether one logout ends all sessions of the user. Tests first the sessions that existed when another session
 * logged out, and then two new sessions.
 *
 * @param living the sessions that existed when another session of the user logged out
 */
export async function endsAll(
  entrance: LoginProcedure,
  account: LoginCredentials,
  { living, logout, known }: { living: readonly Visitor[]; logout: Logout; known: Known },
): Promise<boolean> {
  const [witness] = living;
  if (witness === undefined || (await isAlive(witness, known))) return false;
  const [staying, leaving] = [await mayEnter(entrance, account), await mayEnter(entrance, account)];
  if (staying === undefined || leaving === undefined || !(await isAlive(staying.visitor, known)))
    return false;
  await leave(leaving.visitor, logout, known);
  return !(await isAlive(staying.visitor, known));
}
