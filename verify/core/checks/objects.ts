/** What the checks of data share: objects, removals, and the sessions whose reads count. */
import { type Counts, counted, ENOUGH_HANDOFFS, reader } from '../check.ts';
import { precedes } from '../clocks.ts';
import type { Operation, Start } from '../history.ts';
import type { Standing } from '../sessions.ts';

/** Removals of one object's values. A value is removed once at most, since every value is added once. */
export class Removals {
  readonly #called = new Map<string, Start>();
  readonly #done = new Map<string, Operation>();

  started(start: Start): void {
    if (start.value === undefined) return;
    if (start.action === 'remove') this.#called.set(start.value, start);
    else if (start.action === 'add') this.#done.delete(start.value);
  }

  ended(operation: Operation): void {
    if (operation.action !== 'remove' || operation.value === undefined) return;
    if (operation.outcome === 'fail') this.#called.delete(operation.value);
    if (operation.outcome === 'ok') this.#done.set(operation.value, operation);
  }

  /** Whether a read may miss the value because a removal was under way or over when the read returned. */
  mayBeGone(value: string, read: Operation): boolean {
    const called = this.#called.get(value);
    return called !== undefined && !precedes(read, called);
  }

  /** The acknowledged removal that was over when the read was called: the value must be gone. */
  mustBeGone(value: string, read: Operation): Operation | undefined {
    const done = this.#done.get(value);
    return done !== undefined && precedes(done, read) ? done : undefined;
  }
}

/**
 * One `T` for each object, made when it is first seen. Objects are named `<what>@<scope>`, the scope being a
 * session or a user; those of a session are dropped with it.
 */
export class PerObject<T> {
  readonly #make: () => T;
  readonly #scopes = new Map<string, Map<string, T>>();

  constructor(make: () => T) {
    this.#make = make;
  }

  of(object: string): T {
    const scope = object.slice(object.lastIndexOf('@') + 1);
    let objects = this.#scopes.get(scope);
    if (objects === undefined) {
      objects = new Map();
      this.#scopes.set(scope, objects);
    }
    let state = objects.get(object);
    if (state === undefined) {
      state = this.#make();
      objects.set(object, state);
    }
    return state;
  }

  ended(session: string): void {
    this.#scopes.delete(session);
  }
}

/** How much the judgement of reads rests on. */
export class ReadEvidence {
  judged = 0;
  /** Judged reads that another instance served than the operation they are measured against. */
  crossed = 0;
  #lost = 0;
  #sessions = new Set<string>();

  /** Takes note of sessions that continuity has lost: of those nothing more can be told. */
  ended(operation: Operation, standing: Standing): void {
    if (standing.session.lost === operation) this.#lost++;
  }

  /** @returns whether the read shows the state of a live session, so that it may be judged */
  counts(read: Operation, standing: Standing): boolean {
    return (
      standing.live && standing.session.lost === undefined && read.action === 'read' && read.saw !== undefined
    );
  }

  add(read: Operation, against: Operation): void {
    this.judged++;
    this.#sessions.add(read.session);
    if (against.instance !== undefined && read.instance !== undefined && against.instance !== read.instance) {
      this.crossed++;
    }
  }

  get figures(): Counts {
    return {
      reads: this.judged,
      crossed: this.crossed,
      sessions: this.#sessions.size,
      lost: this.#lost,
    };
  }
}

/** What is missing before the reads that were judged say enough. */
export function missingReads(counts: Counts, what: string): string | undefined {
  const of = reader(counts);
  if (of('lost') > 0) {
    return `continuity is broken in ${counted(of('lost'), 'session')}: what those would have read cannot be told`;
  }
  if (of('crossed') >= ENOUGH_HANDOFFS) return undefined;
  return (
    `${counted(of('crossed'), 'read')} on another instance than ${what}, ${ENOUGH_HANDOFFS} are needed: ` +
    'give the target file a probe with `read` and `add`, run at least two instances, or run for longer'
  );
}
