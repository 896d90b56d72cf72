/** Tracks the objects of a run: the data that clients read and write. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Event, ObjectEvent, Operation, SessionEvent, Start } from '../history/history.ts';
import { isWrite } from './models.ts';
import { cutOffRemark, type LongestLists } from './sift.ts';
import { type ObjectFacts, type Started, TrackedObject } from './tracked-object.ts';

/** Maximum number of removed values that are remembered for one object, and for all objects. */
const REMEMBERED = { each: 1000, all: 10_000 };

/** A change that may still take effect. `end`: its recorded end, if the outcome is unknown (`info`). */
interface PendingChange {
  start: Start;
  end?: Operation;
}

const scopesOf = ({ session, user }: Start | Operation): readonly string[] =>
  user === session ? [session] : [session, user];

/** Keeps the objects of a run by name, `<what>@<scope>`. The scope is a session, a user, or `*` for all users. */
export class Objects {
  readonly #canary: string;
  readonly #declared = new Map<string, ObjectEvent>();
  readonly #objects = new Map<string, TrackedObject>();
  readonly #scopes = new Map<string, TrackedObject[]>();
  readonly #pending = new Map<string, Map<number, PendingChange>>();
  readonly #longest = new Map<string, LongestLists>();
  #final = false;
  readonly #remembered: () => number;

  /** @param canary prefix by which the values of the run are recognised */
  constructor(canary: string) {
    this.#canary = canary;
    // k6 has a bug with arrow functions in initial values of fields (loadtests/engine.test.ts).
    this.#remembered = () => Math.min(REMEMBERED.each, Math.ceil(REMEMBERED.all / this.#objects.size));
  }

  event(event: Event): void {
    if (event.type === 'phase') this.#final = event.phase === 'final';
    if (event.type !== 'object') return;
    this.#declared.set(event.object, event);
    this.#of(event.object);
  }

  #of(name: string): TrackedObject {
    const known = this.#objects.get(name);
    if (known !== undefined) return known;
    const at = name.lastIndexOf('@');
    const probe = name.slice(0, at);
    const longest = getOrInsert(this.#longest, probe, () => ({ most: 0, cut: 0, cutTo: 0 }));
    const declared = this.#declared.get(name) ?? { type: 'object', object: name, kind: 'set' };
    const object = new TrackedObject(declared, this.#canary, longest, this.#remembered);
    this.#objects.set(name, object);
    const scope = name.slice(at + 1);
    // While an app changes one object, it may load all its objects, and later overwrite newer data in them.
    this.#pending.get(scope)?.forEach(({ start, end }) => {
      if (start.object === name) return;
      object.overlaps.otherStarted(start);
      if (end !== undefined) object.overlaps.otherEnded(end);
    });
    getOrInsert(this.#scopes, scope, () => []).push(object);
    return object;
  }

  started(start: Start): Started | undefined {
    for (const scope of scopesOf(start)) {
      for (const { overlaps } of this.#others(scope, start)) overlaps.otherStarted(start);
      getOrInsert(this.#pending, scope, () => new Map()).set(start.id, { start });
    }
    if (start.object === undefined) return undefined;
    const object = this.#of(start.object);
    start.object = object.declared.object;
    return { object, write: isWrite(start) ? object.started(start) : undefined };
  }

  /** Returns what an operation changed in its object, or showed of it. Removes values of other runs from `saw`. */
  ended(operation: Operation, live: boolean): ObjectFacts | undefined {
    const object = operation.object === undefined ? undefined : this.#of(operation.object);
    if (object !== undefined && !isWrite(operation)) object.sift(operation);
    for (const scope of scopesOf(operation)) {
      for (const { overlaps } of this.#others(scope, operation)) overlaps.otherEnded(operation);
      this.#returned(scope, operation);
    }
    if (object === undefined) return undefined;
    operation.object = object.declared.object;
    return object.ended(operation, live && operation.outcome === 'ok', this.#final);
  }

  #returned(scope: string, operation: Operation): void {
    const pending = this.#pending.get(scope);
    const change = pending?.get(operation.id);
    if (pending === undefined || change === undefined) return;
    if (operation.outcome === 'info') change.end = operation;
    else pending.delete(operation.id);
    if (pending.size === 0) this.#pending.delete(scope);
  }

  /** Returns the scope's other objects, which an app may save in the same request. */
  #others(scope: string, { object }: Start | Operation): readonly TrackedObject[] {
    return this.#scopes.get(scope)?.filter(({ declared }) => declared.object !== object) ?? [];
  }

  sessionEnded({ session, user }: Pick<SessionEvent, 'session' | 'user'>): readonly TrackedObject[] {
    const own = this.#scopes.get(session) ?? [];
    this.#scopes.delete(session);
    this.#pending.delete(session);
    for (const { declared } of own) {
      this.#objects.delete(declared.object);
      this.#declared.delete(declared.object);
    }
    for (const scope of [user, '*'])
      for (const { state } of this.#scopes.get(scope) ?? []) state.readers.forget(session);
    return own;
  }

  remarks(): string[] {
    return [...this.#longest].flatMap(([probe, longest]) => cutOffRemark(probe, longest));
  }
}
