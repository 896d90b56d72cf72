/** What an app allows a user: so many sessions at the same time, and which of them a logout ends. */
import { type Entrance, mayEnter } from './enter.ts';
import type { Credentials } from './login.ts';
import { type Known, type Logout, leave } from './logout.ts';
import { isIn } from './session.ts';
import type { Visitor } from './visitor.ts';

/** So many sessions of one user are made, to see whether all of them live. */
const SESSIONS = 6;

/** Sessions of one account, and what became of them. */
export interface Crowd {
  /** Those that live, oldest first. */
  living: Visitor[];
  /** What one more session did; undefined when all live. */
  full?: 'oldest ends' | 'refused';
}

/**
 * Makes sessions until one more ends the oldest, or is refused. That it is so is seen twice: an instance that does not
 * know a session is no limit.
 *
 * @param one the first session
 * @param two the next; undefined when that was refused
 */
export async function crowd(
  entrance: Entrance,
  account: Credentials,
  { one, two, known }: { one: Visitor; two: Visitor | undefined; known: Known },
): Promise<Crowd> {
  if (two === undefined) return { living: [one], full: 'refused' };
  const living = [one];
  let next: Visitor | undefined = two;
  for (;;) {
    living.push(next);
    if (!(await isIn(living[0] as Visitor, known))) {
      living.shift();
      const another = await mayEnter(entrance, account);
      if (another === undefined) return { living };
      living.push(another.visitor);
      if (await isIn(living[0] as Visitor, known)) return { living };
      living.shift();
      return { living, full: 'oldest ends' };
    }
    if (living.length === SESSIONS) return { living };
    next = (await mayEnter(entrance, account))?.visitor;
    if (next === undefined) return { living, full: 'refused' };
  }
}

/**
 * Whether one logout ends all sessions of the user, seen twice: once as one of `living` left, and once more.
 *
 * @param living sessions that lived when another one left
 */
export async function endsAll(
  entrance: Entrance,
  account: Credentials,
  { living, logout, known }: { living: readonly Visitor[]; logout: Logout; known: Known },
): Promise<boolean> {
  const [witness] = living;
  if (witness === undefined || (await isIn(witness, known))) return false;
  const [staying, leaving] = [await mayEnter(entrance, account), await mayEnter(entrance, account)];
  if (staying === undefined || leaving === undefined || !(await isIn(staying.visitor, known))) return false;
  await leave(leaving.visitor, logout, known);
  return !(await isIn(staying.visitor, known));
}
