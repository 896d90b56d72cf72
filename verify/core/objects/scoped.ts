/** Keeps something for each object of a run, and lets it go with the object's session. */
import type { ObjectEvent, Operation, Start } from '../history.ts';

/**
 * Keeps objects by their names, `<what>@<scope>`: the scope is a session, a user, or `*` for all users. Objects of a
 * session end with it, the others with the run.
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

  /** From here on what happens beside it counts. */
  declared(event: ObjectEvent): void {
    this.#kinds.set(event.object, event);
    this.of(event.object);
  }

  /** Made when it is declared, or else when it is first asked for. */
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

  /** Looks at each other object of the operation's session and of its user: one request may change them all. */
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

  /** @returns what was kept for the objects of the session, which is forgotten */
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

  /** Returns what is kept for the objects of a session, of a user, or of all users (`*`). */
  in(scope: string): readonly T[] {
    return (this.#scopes.get(scope) ?? []).flatMap(object => this.#states.get(object) ?? []);
  }

  /** What is kept for all objects that have not ended. */
  all(): Iterable<T> {
    return this.#states.values();
  }
}
