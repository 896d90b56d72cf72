/**
 * Facts about what reads show of an object, gathered once for all checks of data: which earlier write or read of
 * its session a read contradicts. No judgement is made here.
 */
import type { ObjectEvent, Operation, Start } from './history.ts';
import type { ObjectState, ReadFacts } from './read-facts.ts';
import { Scoped } from './scoped.ts';
import type { Standing } from './sessions.ts';
import { Values } from './values.ts';
import { Versions } from './versions.ts';

// Made once: in k6 a function is as dear as what these do.
const besideStarted = (state: ObjectState, start: Start): void => state.besideStarted(start);
const beside = (state: ObjectState, operation: Operation): void => state.beside(operation);

/** All objects of a run. */
export class Objects {
  readonly #objects = new Scoped<ObjectState>(kind =>
    kind.kind === 'register' || kind.kind === 'counter' ? new Versions(kind) : new Values(kind),
  );
  readonly #facts: ReadFacts = { stale: [], back: [], read: undefined, write: undefined, fresh: [] };

  declared(event: ObjectEvent): void {
    this.#objects.declared(event);
  }

  started(start: Start): void {
    this.#objects.besides(start, besideStarted);
    if (start.object === undefined) return;
    const state = this.#objects.of(start.object);
    start.object = state.name;
    state.started(start);
  }

  /** @returns what a read of a live session shows; the same object each time. Undefined for anything else */
  ended(operation: Operation, standing: Standing): ReadFacts | undefined {
    const { object } = operation;
    this.#objects.besides(operation, beside);
    if (object === undefined) return undefined;
    const state = this.#objects.of(object);
    operation.object = state.name;
    if (operation.action !== 'read') {
      state.wrote(operation);
      return undefined;
    }
    state.beside(operation);
    if (!standing.live || operation.saw === undefined || standing.session.lost !== undefined)
      return undefined;
    const facts = this.#facts;
    facts.write = undefined;
    facts.read = undefined;
    facts.fresh = operation.saw;
    if (facts.stale.length > 0) facts.stale = [];
    if (facts.back.length > 0) facts.back = [];
    state.read(operation, facts);
    return facts;
  }

  sessionEnded(session: string): void {
    this.#objects.ended(session);
  }
}
