/** Records the user that each session id was issued to, and finds the cookies that are no session ids. */
import type { Operation } from '../history.ts';
import type { SessionState } from '../sessions.ts';

/** The same value was issued to two users. */
export interface Collision {
  name: string;
  first: Operation;
  second: Operation;
}

/** Collisions of one cookie that are kept for the witness. The others are only counted. */
const KEPT = 5;

/** What is known about the cookies of one name. */
interface Name {
  /** By label of a value: the operation that issued it first. */
  first: Map<string, Operation>;
  /** Distinct values. */
  values: number;
  /** How often a value was issued that an earlier session has. */
  equal: number;
  /** By label of a value that two users have: the user that was signed in with it, by instance. */
  shared: Map<string, Map<string, string>>;
  /** True once two users with the same value were each signed in as themselves on the same instance. */
  apart: boolean;
  /** How often a value was issued that another user has. */
  collided: number;
  collisions: Collision[];
}

/**
 * Records issued session ids. An app that needs several cookies may set some to the same value for all users
 * (`logged_in=1`, `role=admin`). Two signs show that such a cookie is no session id: all users have one value, or the
 * app distinguishes users with the same value.
 *
 * Memory: an entry for each login, and one for each open session whose cookie is issued again.
 */
export class IssuedIds {
  readonly #names = new Map<string, Name>();
  /** By open session: the label of the last value of each cookie. */
  readonly #held = new Map<SessionState, Map<string, string>>();

  /** Adds the session cookies that a response set. */
  add(operation: Operation, session: SessionState): void {
    for (const { name, change, label } of operation.cookies ?? []) {
      if (change !== 'set' || label === undefined) continue;
      const held = this.#heldBy(session);
      const before = held.get(name);
      if (before === label) continue;
      held.set(name, label);
      const of = this.#of(name);
      if (before !== undefined) forget(of, before, session);
      if (!of.apart) issue(of, name, label, operation);
    }
  }

  /** Notes that a response showed the session signed in as its own user. */
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

  /** @returns whether a cookie may be a session id, as far as is known */
  isId(name: string): boolean {
    const of = this.#names.get(name);
    return of === undefined || isId(of);
  }

  /** Returns whether a cookie has had several values: then its faults are reported at once. */
  varies(name: string): boolean {
    return (this.#names.get(name)?.values ?? 0) > 1;
  }

  /** How many ids were issued. */
  get ids(): number {
    return this.#sum(({ values }) => values);
  }

  /** How often a session got an id that was issued before. */
  get equal(): number {
    return this.#sum(({ equal }) => equal);
  }

  /** How often a user got an id that another user has. */
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
    let of = this.#names.get(name);
    if (of === undefined) {
      of = {
        ...{ first: new Map(), values: 0, equal: 0, shared: new Map() },
        ...{ apart: false, collided: 0, collisions: [] },
      };
      this.#names.set(name, of);
    }
    return of;
  }

  #heldBy(session: SessionState): Map<string, string> {
    let held = this.#held.get(session);
    if (held === undefined) {
      held = new Map();
      this.#held.set(session, held);
    }
    return held;
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

/** Forgets a value that was issued during a session and then replaced. Values of logins are kept. */
function forget({ first }: Name, label: string, { session }: SessionState): void {
  const issuer = first.get(label);
  if (issuer?.session === session && issuer.action !== 'login') first.delete(label);
}

/** Marks a cookie as no session id, and drops its values. */
function dismiss(of: Name): void {
  of.apart = true;
  of.first.clear();
  of.shared.clear();
}
