/**
 * Facts about what reads show of an object, gathered once for all checks of data: which earlier write or read of
 * its session a read contradicts. No judgement is made here.
 */
import { precedes } from './clocks.ts';
import type { ObjectEvent, Operation, Start } from './history.ts';
import { type Contradiction, type ObjectState, type Reader, type ReadFacts, readerOf } from './read-facts.ts';
import { Scoped } from './scoped.ts';
import type { Standing } from './sessions.ts';
import { Versions } from './versions.ts';

/** What is known of one value of a set, list or bag. Values are unique, so it is added and removed once at most. */
interface Value {
  value: string;
  /** Its acknowledged add. */
  add?: Operation;
  /** What may have removed it, from the call of each on. */
  removing: Removing[];
  /** A read that misses it has been told of. */
  missed?: boolean;
  /** Number of the last read that was compared and showed it. */
  shownIn: number;
}

/** What one session has seen of the values. Keyed by value, not by its text: these maps are used at every read. */
interface Viewer extends Reader {
  /** The first read that showed it. */
  shown: Map<Value, Operation>;
  /** Of what was shown and may have been removed: the first read without it. */
  gone: Map<Value, Operation>;
  /** The object's number of changes at the last read, if that read owed nothing; else −1. */
  settled: number;
}

const viewer = (session: string): Viewer => ({ session, shown: new Map(), gone: new Map(), settled: -1 });

/** A removal of one value, or a clear, that has been called; one that failed removed nothing. */
interface Removing {
  start: Start;
  end?: Operation;
}

/** Removed values that are remembered, for an object: enough to see one come back, and bounded. */
const REMEMBERED = 1000;
/** Clears that are remembered, for an object. */
const CLEARS = 16;

/** A set, list or bag of unique values: one state is later than another when it has what was added since. */
class Values implements ObjectState {
  readonly name: string;
  readonly #present = new Map<string, Value>();
  readonly #removed = new Map<string, Value>();
  readonly #cap: number;
  readonly #readers: Viewer[] = [];
  /** The last clears: what is added while one is under way may be gone with it. */
  readonly #clears: Removing[] = [];
  #reads = 0;
  /** Rises with every event that may change what a read must show. */
  #changes = 0;

  constructor(kind: ObjectEvent) {
    this.name = kind.object;
    this.#cap = kind.cap ?? Number.POSITIVE_INFINITY;
    for (const value of kind.initial ?? []) this.#present.set(value, { value, removing: [], shownIn: 0 });
  }

  started(start: Start): void {
    this.#changes++;
    const { action, value } = start;
    if (action === 'clear') {
      const clear: Removing = { start };
      for (const known of this.#present.values()) known.removing.push(clear);
      for (const known of this.#removed.values()) known.removing.push(clear);
      this.#clears.push(clear);
      if (this.#clears.length > CLEARS) this.#clears.shift();
    } else if (value !== undefined && action === 'remove') this.#of(value).removing.push({ start });
    else if (value !== undefined && action === 'add') this.#adding(value, start);
  }

  wrote(operation: Operation): void {
    this.#changes++;
    const { action, value, outcome } = operation;
    if (action === 'clear') this.#cleared(operation);
    else if (value !== undefined) {
      const known = this.#of(value);
      if (action === 'remove') this.#removing(value, known, operation);
      if (action === 'add' && outcome === 'ok') known.add = operation;
    }
    if (outcome === 'ok') readerOf(this.#readers, operation.session, viewer).wrote = operation;
  }

  #removing(value: string, known: Value, operation: Operation): void {
    const own = known.removing.find(({ start }) => start.id === operation.id);
    if (own !== undefined) own.end = operation;
    if (operation.outcome === 'ok') this.#remove(value, known);
  }

  #adding(value: string, start: Start): void {
    this.#removed.delete(value);
    const known = this.#of(value);
    for (const clear of this.#clears) {
      if (clear.end === undefined || !precedes(clear.end, start)) known.removing.push(clear);
    }
  }

  #of(value: string): Value {
    let known = this.#present.get(value) ?? this.#removed.get(value);
    if (known === undefined) {
      known = { value, removing: [], shownIn: 0 };
      this.#present.set(value, known);
    }
    return known;
  }

  #cleared(clear: Operation): void {
    const own = this.#clears.find(({ start }) => start.id === clear.id);
    if (own !== undefined) own.end = clear;
    if (clear.outcome !== 'ok') return;
    for (const [value, { add }] of this.#present) {
      // What was added while it was cleared may have come before or after.
      if (add !== undefined && precedes(add, clear)) this.#remove(value, this.#of(value));
    }
  }

  #remove(value: string, known: Value): void {
    this.#present.delete(value);
    this.#removed.set(value, known);
    if (this.#removed.size <= REMEMBERED) return;
    const [oldest] = this.#removed.keys();
    if (oldest !== undefined) this.#removed.delete(oldest);
  }

  read(read: Operation, facts: ReadFacts): void {
    const reader = readerOf(this.#readers, read.session, viewer);
    const { last, wrote } = reader;
    if (last !== undefined && precedes(last, read)) facts.read = last;
    if (wrote !== undefined && precedes(wrote, read)) facts.write = wrote;
    // The same state as before, which contradicted nothing and owed nothing: so does this one.
    if (reader.settled === this.#changes && last !== undefined && same(last.saw, read.saw)) {
      reader.last = read;
      facts.repeated = true;
      return;
    }
    const owed = this.#compare(read, reader, facts);
    reader.settled = owed ? -1 : this.#changes;
    reader.last = read;
  }

  /** @returns whether a later read with the same state might contradict what this one need not show yet */
  #compare(read: Operation, reader: Viewer, facts: ReadFacts): boolean {
    const number = ++this.#reads;
    let owed = false;
    for (const value of read.saw ?? []) owed = this.#shows(value, number, read, reader, facts) || owed;
    if (this.#present.size > this.#cap) return true;
    for (const known of this.#present.values()) {
      const { value } = known;
      if (known.shownIn === number || known.add?.session !== read.session || known.missed) continue;
      owed = true;
      if (!precedes(known.add, read) || mayBeGone(known, read)) continue;
      facts.stale.push(
        contradiction(known.add, 'acknowledged', `"${value}" in it`, `"${value}" is not there`),
      );
      known.missed = true;
    }
    for (const [known, earlier] of reader.shown) {
      const { value } = known;
      if (known.shownIn === number) continue;
      owed = true;
      if (!precedes(earlier, read)) continue;
      if (mayBeGone(known, read)) {
        if (!reader.gone.has(known)) reader.gone.set(known, read);
        // A removal that is not acknowledged may still turn out to have failed.
        if (known.removing.some(({ end }) => end?.outcome === 'ok')) reader.shown.delete(known);
      } else {
        reader.shown.delete(known);
        facts.back.push(contradiction(earlier, `showed "${value}"`, `"${value}" in it`, 'it is gone'));
      }
    }
    return owed;
  }

  #shows(value: string, number: number, read: Operation, reader: Viewer, facts: ReadFacts): boolean {
    const known = this.#of(value);
    known.shownIn = number;
    const removal = mustBeGone(known, read);
    if (removal !== undefined) {
      facts.stale.push(
        contradiction(removal, 'acknowledged', `"${value}" gone`, `"${value}" is still there`),
      );
    }
    const without = reader.gone.get(known);
    if (without === undefined) {
      if (!reader.shown.has(known)) reader.shown.set(known, read);
    } else if (precedes(without, read)) {
      reader.gone.delete(known);
      const was = `no longer showed "${value}"`;
      facts.back.push(contradiction(without, was, `"${value}" gone`, 'it is there again'));
    }
    return known.removing.length > 0;
  }
}

/** @returns the session's own acknowledged removal that was over when the read was called */
function mustBeGone({ removing, add }: Value, read: Operation): Operation | undefined {
  for (const { start, end } of removing) {
    if (end?.outcome !== 'ok' || end.session !== read.session || !precedes(end, read)) continue;
    // A clear takes what was there before it was called; a removal takes its value, whenever that was added.
    if (start.action === 'remove' || (add !== undefined && precedes(add, start))) return end;
  }
  return undefined;
}

const mayBeGone = ({ removing }: Value, read: Operation): boolean =>
  removing.some(({ start, end }) => end?.outcome !== 'fail' && !precedes(read, start));

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

/** All objects of a run. */
export class Objects {
  readonly #objects = new Scoped<ObjectState>(kind =>
    kind.kind === 'register' || kind.kind === 'counter' ? new Versions(kind) : new Values(kind),
  );
  readonly #facts: ReadFacts = { stale: [], back: [], read: undefined, write: undefined, repeated: false };

  declared(event: ObjectEvent): void {
    this.#objects.declared(event);
  }

  started(start: Start): void {
    if (start.object === undefined) return;
    const state = this.#objects.of(start.object);
    start.object = state.name;
    state.started(start);
  }

  /** @returns what a read of a live session shows; the same object each time. Undefined for anything else */
  ended(operation: Operation, standing: Standing): ReadFacts | undefined {
    const { object } = operation;
    if (object === undefined) return undefined;
    const state = this.#objects.of(object);
    operation.object = state.name;
    if (operation.action !== 'read') {
      state.wrote(operation);
      return undefined;
    }
    if (!standing.live || operation.saw === undefined || standing.session.lost !== undefined)
      return undefined;
    const facts = this.#facts;
    facts.write = undefined;
    facts.read = undefined;
    facts.repeated = false;
    if (facts.stale.length > 0) facts.stale = [];
    if (facts.back.length > 0) facts.back = [];
    state.read(operation, facts);
    return facts;
  }

  sessionEnded(session: string): void {
    this.#objects.ended(session);
  }
}
