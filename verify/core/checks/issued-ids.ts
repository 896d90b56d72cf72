/** Records to which user each session id was issued, and finds cookies that are not session ids. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';

/** The same value was issued to two users. */
export interface Collision {
  name: string;
  first: Operation;
  second: Operation;
}

/** Maximum number of collisions of one cookie that are kept for the witness. Further ones are only counted. */
const KEPT = 5;

/** The facts about all cookies with one name. */
interface Name {
  /** By label of a value: the operation that first issued the value. */
  first: Map<string, Operation>;
  /** Number of distinct values. */
  values: number;
  /** Number of times that a value was issued again. */
  equal: number;
  /** By label of a value that two users have: for each instance, the user that it signed in with this value. */
  shared: Map<string, Map<string, string>>;
  /** True after one instance has signed in two users correctly, although both had the same value of the cookie. */
  apart: boolean;
  /** Number of times that a value was issued to a user although another user had it. */
  collided: number;
  collisions: Collision[];
}

/**
 * Records issued session ids. Some apps also set cookies that have the same value for many users (`logged_in=1`,
 * `role=admin`). Such a cookie is not a session id. It is recognised if all users have one value, or if the app
 * distinguishes users with the same value.
 *
 * Memory: one entry for each login, and one for each open session whose cookie is issued again.
 */
export class IssuedIds {
  readonly #names = new Map<string, Name>();
  /** By open session: the label of the last value of each cookie. */
  readonly #held = new Map<SessionState, Map<string, string>>();

  /** Adds the session cookies that a response set. */
  add(operation: Operation, session: SessionState): void {
    for (const { name, change, label } of operation.cookies ?? []) {
      if (change !== 'set' || label === undefined) continue;
      const held = getOrInsert(this.#held, session, () => new Map<string, string>());
      const before = held.get(name);
      if (before === label) continue;
      held.set(name, label);
      const of = this.#of(name);
      if (before !== undefined) forget(of, before, session);
      if (!of.apart) issue(of, name, label, operation);
    }
  }

  /** Notes a response that showed that the session is signed in as its own user. */
  honoured({ user, instance = '' }: Operation, session: SessionState): void {
    for (const [name, label] of this.#held.get(session) ?? []) {
      const of = this.#names.get(name);
      const seen = of?.shared.get(label);
      if (of === undefined || seen === undefined) continue;
      const other = seen.get(instance);
      if (other === undefined) seen.set(instance, user);
      else if (other !== user) dismiss(of);
    }
  }

  sessionEnded(session: SessionState): void {
    for (const [name, label] of this.#held.get(session) ?? []) forget(this.#of(name), label, session);
    this.#held.delete(session);
  }

  /** @returns whether a cookie may be a session id, by the facts so far */
  isId(name: string): boolean {
    const of = this.#names.get(name);
    return of === undefined || isId(of);
  }

  /** Returns whether a cookie has had several values. If so, its faults are reported without delay. */
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

  /** The first collisions of each cookie. */
  collisions(): Collision[] {
    return [...this.#names.values()].flatMap(of => (isId(of) ? of.collisions : []));
  }

  /** The number of entries that are kept, for the tests. */
  get kept(): number {
    return this.#held.size + [...this.#names.values()].reduce((sum, { first }) => sum + first.size, 0);
  }

  #sum(of: (name: Name) => number): number {
    return [...this.#names.values()].reduce((sum, name) => sum + (isId(name) ? of(name) : 0), 0);
  }

  #of(name: string): Name {
    return getOrInsert(this.#names, name, () => ({
      ...{ first: new Map(), values: 0, equal: 0, shared: new Map() },
      ...{ apart: false, collided: 0, collisions: [] },
    }));
  }
}

const isId = ({ apart, values, collided }: Name): boolean => !apart && (values > 1 || collided === 0);

function issue(of: Name, name: string, label: string, operation: Operation): void {
  const holder = of.first.get(label);
  if (holder === undefined) {
    of.first.set(label, operation);
    of.values++;
    return;
  }
  of.equal++;
  if (holder.user === operation.user) return;
  of.collided++;
  if (!of.shared.has(label)) of.shared.set(label, new Map());
  if (of.collisions.length < KEPT) of.collisions.push({ name, first: holder, second: operation });
}

/** Deletes the entry of a replaced value if the session got it after its login. Values from logins are kept. */
function forget({ first }: Name, label: string, { session }: SessionState): void {
  const issuer = first.get(label);
  if (issuer?.session === session && issuer.action !== 'login') first.delete(label);
}

/** Notes that a cookie is not a session id, and deletes its values. */
function dismiss(of: Name): void {
  of.apart = true;
  of.first.clear();
  of.shared.clear();
}

/** Describes a session id that two users got. */
export function sharedId({ name, first, second }: Collision): Violation {
  const came = `sets the cookie ${name} to a value that ${first.user} was given`;
  return {
    at: second,
    summary: `a response to ${second.user} ${came}`,
    witness: [
      { operation: first, came: `set ${name} for ${first.user}` },
      { operation: second, expected: `a ${name} of its own`, came: `set ${name} to the same value` },
    ],
  };
}
