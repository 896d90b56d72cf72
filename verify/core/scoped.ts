/** Keeps something for each object of a run, and lets it go with the object's session. */
import type { ObjectEvent } from './history.ts';

/**
 * Objects are named `<what>@<scope>`, the scope being a session or a user; those of a session end with it, those of
 * a user with the run.
 */
export class Scoped<T> {
  readonly #make: (kind: ObjectEvent) => T;
  readonly #kinds = new Map<string, ObjectEvent>();
  readonly #scopes = new Map<string, Map<string, T>>();

  constructor(make: (kind: ObjectEvent) => T) {
    this.#make = make;
  }

  declared(event: ObjectEvent): void {
    this.#kinds.set(event.object, event);
  }

  /** Made when it is first asked for. */
  of(object: string): T {
    const scope = object.slice(object.lastIndexOf('@') + 1);
    let objects = this.#scopes.get(scope);
    if (objects === undefined) {
      objects = new Map();
      this.#scopes.set(scope, objects);
    }
    let state = objects.get(object);
    if (state === undefined) {
      state = this.#make(this.#kinds.get(object) ?? { type: 'object', object, kind: 'set' });
      objects.set(object, state);
    }
    return state;
  }

  /** @returns what was kept for the objects of the session, which is forgotten */
  ended(session: string): Iterable<T> {
    const objects = this.#scopes.get(session);
    if (objects === undefined) return [];
    this.#scopes.delete(session);
    for (const object of objects.keys()) this.#kinds.delete(object);
    return objects.values();
  }

  /** What is kept for all objects that have not ended. */
  *all(): Iterable<T> {
    for (const objects of this.#scopes.values()) yield* objects.values();
  }
}
