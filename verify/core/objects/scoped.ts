/** Keeps a state for each object of a run, and deletes it when the object's session ends. */
import type { ObjectEvent, Operation, Start } from '../history/history.ts';

/**
 * Keeps objects by their names, `<what>@<scope>`: the scope is a session, a user, or `*` for all users. The objects of
 * a session are deleted when the session ends, all others when the run ends.
 */
export class Scoped<T> {
  readonly #make: (kind: ObjectEvent) => T;
  readonly #kinds = new Map<string, ObjectEvent>();
  readonly #states = new Map<string, T>();
  /** Names of the objects that are kept, by scope. */
  readonly #scopes = new Map<string, string[]>();

  constructor(make: (kind: ObjectEvent) => T) {
    this.#make = make;
  }

  /** Declares an object. From then on, `besides` includes it. */
  declared(event: ObjectEvent): void {
    this.#kinds.set(event.object, event);
    this.of(event.object);
  }

  /** Returns the state of an object. The state is created when the object is declared, or on first use. */
  of(object: string): T {
    let state = this.#states.get(object);
    if (state === undefined) {
      state = this.#make(this.#kinds.get(object) ?? { type: 'object', object, kind: 'set' });
      this.#states.set(object, state);
      const scope = object.slice(object.lastIndexOf('@') + 1);
      const objects = this.#scopes.get(scope);
      if (objects === undefined) this.#scopes.set(scope, [object]);
      else objects.push(object);
    }
    return state;
  }

  /** Calls `look` for every other object of the operation's session and user, since one request may change all. */
  besides<E extends Start | Operation>(event: E, look: (state: T, event: E) => void): void {
    const { session, user } = event;
    this.#besides(session, event, look);
    if (user !== session) this.#besides(user, event, look);
  }

  #besides<E extends Start | Operation>(scope: string, event: E, look: (state: T, event: E) => void): void {
    const objects = this.#scopes.get(scope);
    if (objects === undefined) return;
    for (let i = 0; i < objects.length; i++) {
      const other = objects[i] as string;
      const state = other === event.object ? undefined : this.#states.get(other);
      if (state !== undefined) look(state, event);
    }
  }

  /** Deletes the states of the session's objects, and returns them. */
  ended(session: string): readonly T[] {
    const objects = this.#scopes.get(session);
    if (objects === undefined) return [];
    this.#scopes.delete(session);
    return objects.flatMap(object => {
      const state = this.#states.get(object);
      this.#states.delete(object);
      this.#kinds.delete(object);
      return state === undefined ? [] : [state];
    });
  }

  /** Returns the states of the objects of a session, of a user, or of all users (`*`). */
  in(scope: string): readonly T[] {
    return (this.#scopes.get(scope) ?? []).flatMap(object => this.#states.get(object) ?? []);
  }

  /** Returns the states of all objects that have not been deleted. */
  all(): Iterable<T> {
    return this.#states.values();
  }
}
