/** Finds out how many concurrent sessions a user can have, and whether one logout ends all of them. */
import { type LoginProcedure, mayEnter } from './enter.ts';
import type { LoginCredentials } from './login.ts';
import { leave } from './logout.ts';
import type { Known, Logout } from './logout-requests.ts';
import { isAlive } from './session.ts';
import type { Visitor } from './visitor.ts';

/**
 * Maximum number of sessions that init creates for one account. Redmine, for example, keeps the newest 10 sessions of a
 * user.
 */
export const SESSIONS = 12;

export interface Crowd {
  /** The live sessions of the account, oldest first. */
  living: Visitor[];
  /** How the app responds to a login beyond its limit of sessions; undefined without a limit. */
  full?: 'oldest ends' | 'refused';
}

/**
 * Creates sessions until the oldest session ends, or the app refuses a login.
 *
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
 * Returns whether one logout ends all sessions of the user.
 *
 * @param living the sessions that were live before a further session of the user logged out
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
