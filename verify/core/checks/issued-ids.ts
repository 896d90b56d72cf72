/** Records which user got each session id, and finds cookies that are not session ids. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import { type Collision, IssuedValues } from './issued-values.ts';

/**
 * Records the values of the session cookies. A cookie with one value for several users, such as `logged_in=1`, is not a
 * session id if all users have this value, or if an instance signs in each of two users correctly with it.
 *
 * Memory: one entry for each login, and for each open session whose cookie is issued again.
 */
export class IssuedIds {
  /** By name of a cookie: its issued values. */
  readonly #names = new Map<string, IssuedValues>();
  /** By open session: the label of each cookie's current value. */
  readonly #held = new Map<SessionState, Map<string, string>>();

  /** Adds the session cookies that a response set. */
  add(operation: Operation, session: SessionState): void {
    for (const { name, change, label } of operation.cookies ?? []) {
      if (change !== 'set' || label === undefined) continue;
      const held = getOrInsert(this.#held, session, () => new Map<string, string>());
      const before = held.get(name);
      if (before === label) continue;
      held.set(name, label);
      const of = getOrInsert(this.#names, name, () => new IssuedValues(name));
      if (before !== undefined) of.forget(before, session);
      of.issue(label, operation);
    }
  }

  /** Adds a response that showed the session signed in as its own user. */
  honoured(operation: Operation, session: SessionState): void {
    for (const [name, label] of this.#held.get(session) ?? [])
      this.#names.get(name)?.honoured(label, operation);
  }

  sessionEnded(session: SessionState): void {
    for (const [name, label] of this.#held.get(session) ?? []) this.#names.get(name)?.forget(label, session);
    this.#held.delete(session);
  }

  /** Returns whether the cookie may be a session id, by the responses so far. */
  isId(name: string): boolean {
    return this.#names.get(name)?.isId ?? true;
  }

  /** Returns whether a cookie has had several values, so that it may carry the session. */
  varies(name: string): boolean {
    return (this.#names.get(name)?.values ?? 0) > 1;
  }

  /** Number of different ids that were issued. */
  get ids(): number {
    return this.#sum(({ values }) => values);
  }

  /** Number of times that an already issued id was issued again. */
  get equal(): number {
    return this.#sum(({ equal }) => equal);
  }

  /** Number of times that a user got an id that another user had. */
  get collided(): number {
    return this.#sum(({ collided }) => collided);
  }

  /** Returns the first collisions of each cookie. */
  collisions(): Collision[] {
    return [...this.#names.values()].flatMap(({ isId, collisions }) => (isId ? collisions : []));
  }

  /** The number of entries that are kept, for the tests. */
  get kept(): number {
    return this.#held.size + [...this.#names.values()].reduce((sum, { kept }) => sum + kept, 0);
  }

  #sum(of: (name: IssuedValues) => number): number {
    return [...this.#names.values()].reduce((sum, name) => sum + (name.isId ? of(name) : 0), 0);
  }
}
