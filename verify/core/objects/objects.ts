/**
 * Finds which earlier write or read of the same session a read contradicts. The data checks use these facts to judge.
 */
import type { ObjectEvent, Operation, SessionEvent, Start } from '../history/history.ts';
import type { Standing } from '../timeline/sessions.ts';
import { Counter } from './counter.ts';
import type { ObjectState, ReadFacts } from './read-facts.ts';
import { Register } from './register.ts';
import { Scoped } from './scoped.ts';
import { cutOffRemark, type Shown, Sift } from './sift.ts';
import { Values } from './values.ts';

interface Followed {
  state: ObjectState;
  sift: Sift;
}

// Defined once: in k6, creating such a function takes as long as running it.
const besideStarted = ({ state }: Followed, start: Start): void => state.besideStarted(start);
const beside = ({ state }: Followed, operation: Operation): void => state.beside(operation);

function stateOf(kind: ObjectEvent): ObjectState {
  if (kind.kind === 'register') return new Register(kind);
  return kind.kind === 'counter' ? new Counter(kind) : new Values(kind);
}

/** All objects of a run. */
export class Objects {
  readonly #objects: Scoped<Followed>;
  /** The reads of each probe, by the name of the probe. */
  readonly #shown = new Map<string, Shown>();
  readonly #facts: ReadFacts = {
    stale: [],
    back: [],
    read: undefined,
    write: undefined,
    again: false,
    fresh: [],
  };

  /** @param canary the prefix of the values of the run */
  constructor(canary: string) {
    this.#objects = new Scoped(kind => {
      const probe = kind.object.slice(0, kind.object.lastIndexOf('@'));
      const ofProbe = this.#shown.get(probe) ?? { most: 0, cut: 0 };
      this.#shown.set(probe, ofProbe);
      return { state: stateOf(kind), sift: new Sift(kind, canary, ofProbe) };
    });
  }

  declared(event: ObjectEvent): void {
    this.#objects.declared(event);
  }

  started(start: Start): void {
    this.#objects.besides(start, besideStarted);
    if (start.object === undefined) return;
    const { state, sift } = this.#objects.of(start.object);
    start.object = state.name;
    sift.started(start);
    state.started(start);
  }

  /**
   * Takes in an operation that has ended, and removes from its `saw` the values that the run did not write.
   *
   * @returns the facts about a read of a live session (each call returns the same object); undefined for any other
   * operation
   */
  ended(operation: Operation, standing: Standing): ReadFacts | undefined {
    const { object } = operation;
    const followed = object === undefined ? undefined : this.#objects.of(object);
    if (followed !== undefined && operation.action === 'read') followed.sift.read(operation);
    this.#objects.besides(operation, beside);
    if (followed === undefined) return undefined;
    const { state, sift } = followed;
    operation.object = state.name;
    if (operation.action !== 'read') {
      sift.wrote(operation);
      state.wrote(operation);
      return undefined;
    }
    state.beside(operation);
    if (!standing.live || operation.saw === undefined || standing.session.lost !== undefined)
      return undefined;
    const facts = this.#facts;
    facts.write = undefined;
    facts.read = undefined;
    facts.again = false;
    facts.fresh = operation.saw;
    if (facts.stale.length > 0) facts.stale = [];
    if (facts.back.length > 0) facts.back = [];
    state.read(operation, facts);
    return facts;
  }

  /** Forgets a session's own objects, and what the session wrote and saw in objects that it shares. */
  sessionEnded({ session, user }: Pick<SessionEvent, 'session' | 'user'>): void {
    this.#objects.ended(session);
    for (const scope of [user, '*']) {
      for (const { state } of this.#objects.in(scope)) state.sessionEnded(session);
    }
  }

  /** Returns remarks on the probes whose lists may be cut off. */
  remarks(): string[] {
    return [...this.#shown].flatMap(([probe, shown]) => cutOffRemark(probe, shown));
  }
}
