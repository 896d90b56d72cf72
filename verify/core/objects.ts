/**
 * Facts about what reads show of an object, gathered once for all checks of data: which earlier write or read of
 * its session a read contradicts. No judgement is made here.
 */
import { precedes } from './clocks.ts';
import type { ObjectEvent, Operation, Start } from './history.ts';
import { type Contradiction, type ObjectState, type Reader, type ReadFacts, readerOf } from './read-facts.ts';
import type { Standing } from './sessions.ts';
import { Versions } from './versions.ts';

/** What is known of one value of a set, list or bag. Values are unique, so it is added and removed once at most. */
interface Value {
  /** Its acknowledged add. */
  add?: Operation;
  /** A removal that was called: from then on it may be gone. */
  removing?: Start;
  /** Its acknowledged removal: a read called after it must not show the value. */
  removal?: Operation;
  /** Number of the last read that was compared and showed it. */
  shownIn: number;
}

/** Removed values that are remembered, for an object: enough to see one come back, and bounded. */
const REMEMBERED = 1000;

/** A set, list or bag of unique values: one state is later than another when it has what was added since. */
class Values implements ObjectState {
  readonly #present = new Map<string, Value>();
  readonly #removed = new Map<string, Value>();
  readonly #cap: number;
  readonly #readers: Reader[] = [];
  #reads = 0;
  /** Rises with every event that may change what a read must show. */
  #changes = 0;

  constructor(kind?: ObjectEvent) {
    this.#cap = kind?.cap ?? Number.POSITIVE_INFINITY;
    for (const value of kind?.initial ?? []) this.#present.set(value, { shownIn: 0 });
  }

  started(start: Start): void {
    this.#changes++;
    const { action, value } = start;
    if (action === 'clear') {
      for (const present of this.#present.values()) present.removing ??= start;
    } else if (value !== undefined && action === 'remove') this.#of(value).removing = start;
    else if (value !== undefined && action === 'add') this.#removed.delete(value);
  }

  wrote(operation: Operation): void {
    this.#changes++;
    const { action, value, outcome } = operation;
    if (action === 'clear') this.#cleared(operation);
    else if (value !== undefined) {
      const known = this.#of(value);
      if (action === 'remove' && outcome === 'fail') delete known.removing;
      if (action === 'remove' && outcome === 'ok') this.#remove(value, known, operation);
      if (action === 'add' && outcome === 'ok') known.add = operation;
    }
    if (outcome === 'ok') readerOf(this.#readers, operation.session).wrote = operation;
  }

  #of(value: string): Value {
    let known = this.#present.get(value) ?? this.#removed.get(value);
    if (known === undefined) {
      known = { shownIn: 0 };
      this.#present.set(value, known);
    }
    return known;
  }

  #cleared(clear: Operation): void {
    for (const [value, known] of this.#present) {
      if (known.removing?.id !== clear.id) continue;
      if (clear.outcome === 'fail') delete known.removing;
      // What was added while it was cleared may have come before or after.
      else if (clear.outcome === 'ok' && known.add !== undefined && precedes(known.add, clear)) {
        this.#remove(value, known, clear);
      }
    }
  }

  #remove(value: string, known: Value, removal: Operation): void {
    known.removal = removal;
    this.#present.delete(value);
    this.#removed.set(value, known);
    if (this.#removed.size <= REMEMBERED) return;
    const [oldest] = this.#removed.keys();
    if (oldest !== undefined) this.#removed.delete(oldest);
  }

  read(read: Operation, facts: ReadFacts): void {
    const reader = readerOf(this.#readers, read.session);
    const { last, wrote } = reader;
    if (last !== undefined && precedes(last, read)) facts.read = last;
    if (wrote !== undefined && precedes(wrote, read)) facts.write = wrote;
    // The same state as before, which contradicted nothing and owed nothing: so does this one.
    if (reader.settled === this.#changes && last !== undefined && same(last.saw, read.saw)) {
      reader.last = read;
      return;
    }
    const owed = this.#compare(read, reader, facts);
    reader.settled = owed ? -1 : this.#changes;
    reader.last = read;
  }

  /** @returns whether a later read with the same state might contradict what this one need not show yet */
  #compare(read: Operation, reader: Reader, facts: ReadFacts): boolean {
    const number = ++this.#reads;
    let owed = false;
    for (const value of read.saw ?? []) owed = this.#shows(value, number, read, reader, facts) || owed;
    if (this.#present.size > this.#cap) return true;
    for (const [value, known] of this.#present) {
      if (known.shownIn === number || known.add === undefined || known.add.session !== read.session) continue;
      owed = true;
      if (!precedes(known.add, read) || mayBeGone(known, read)) continue;
      facts.stale.push(
        contradiction(known.add, 'acknowledged', `"${value}" in it`, `"${value}" is not there`),
      );
      delete known.add;
    }
    for (const [value, earlier] of reader.shown) {
      const known = this.#of(value);
      if (known.shownIn === number) continue;
      owed = true;
      if (!precedes(earlier, read)) continue;
      reader.shown.delete(value);
      if (mayBeGone(known, read)) reader.gone.set(value, read);
      else facts.back.push(contradiction(earlier, `showed "${value}"`, `"${value}" in it`, 'it is gone'));
    }
    return owed;
  }

  #shows(value: string, number: number, read: Operation, reader: Reader, facts: ReadFacts): boolean {
    const known = this.#of(value);
    known.shownIn = number;
    const { removal } = known;
    if (removal !== undefined && removal.session === read.session && precedes(removal, read)) {
      facts.stale.push(
        contradiction(removal, 'acknowledged', `"${value}" gone`, `"${value}" is still there`),
      );
    }
    const without = reader.gone.get(value);
    if (without === undefined) {
      if (!reader.shown.has(value)) reader.shown.set(value, read);
    } else if (precedes(without, read)) {
      reader.gone.delete(value);
      const was = `no longer showed "${value}"`;
      facts.back.push(contradiction(without, was, `"${value}" gone`, 'it is there again'));
    }
    return known.removing !== undefined;
  }
}

const mayBeGone = ({ removing }: Value, read: Operation): boolean =>
  removing !== undefined && !precedes(read, removing);

const contradiction = (against: Operation, was: string, expected: string, came: string): Contradiction => ({
  against,
  was,
  expected,
  came,
});

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * All objects of a run. They are named `<what>@<scope>`, the scope being a session or a user; those of a session
 * are forgotten with it.
 */
export class Objects {
  readonly #scopes = new Map<string, Map<string, ObjectState>>();
  readonly #kinds = new Map<string, ObjectEvent>();
  readonly #facts: ReadFacts = { stale: [], back: [], read: undefined, write: undefined };

  declared(event: ObjectEvent): void {
    this.#kinds.set(event.object, event);
  }

  #of(object: string): ObjectState {
    const scope = object.slice(object.lastIndexOf('@') + 1);
    let objects = this.#scopes.get(scope);
    if (objects === undefined) {
      objects = new Map();
      this.#scopes.set(scope, objects);
    }
    let state = objects.get(object);
    if (state === undefined) {
      const kind = this.#kinds.get(object);
      state = kind?.kind === 'register' || kind?.kind === 'counter' ? new Versions(kind) : new Values(kind);
      objects.set(object, state);
    }
    return state;
  }

  started(start: Start): void {
    if (start.object !== undefined) this.#of(start.object).started(start);
  }

  /** @returns what a read of a live session shows; the same object each time. Undefined for anything else */
  ended(operation: Operation, standing: Standing): ReadFacts | undefined {
    const { object } = operation;
    if (object === undefined) return undefined;
    const state = this.#of(object);
    if (operation.action !== 'read') {
      state.wrote(operation);
      return undefined;
    }
    if (!standing.live || operation.saw === undefined || standing.session.lost !== undefined)
      return undefined;
    const facts = this.#facts;
    facts.write = undefined;
    facts.read = undefined;
    if (facts.stale.length > 0) facts.stale = [];
    if (facts.back.length > 0) facts.back = [];
    state.read(operation, facts);
    return facts;
  }

  sessionEnded(session: string): void {
    this.#scopes.delete(session);
  }
}
