/**
 * Cuts the history of one object into segments during the recording. Each segment is judged separately. A cut is made
 * at a read that overlaps no other operation, because such a read shows the whole state with which the next segment
 * begins. An `info` write (it may or may not have happened) moves to the next segment if no read has shown its value.
 */
import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { alike, countOf, effectOf, putsIn } from '../objects/models.ts';
import type { Sifted } from '../objects/sift.ts';
import { precedes } from '../timeline/clocks.ts';

/** An operation that may have changed the object, or that showed its state. */
export interface Entry {
  operation: Operation;
  /** True if the operation took effect before its return. False if it may take effect at any time after its call. */
  sure: boolean;
  /**
   * True if the operation began before the cut at which this segment starts, but was recorded after it. A violation by
   * such an operation may be wrong.
   */
  late: boolean;
}

export interface Segment {
  object: ObjectEvent;
  /** The state of the object before the segment; undefined if it is not known. */
  initial: readonly string[] | undefined;
  /** The read that showed the state of the object before the segment. */
  from: Operation | undefined;
  entries: readonly Entry[];
}

/**
 * A planned cut is delayed only while fewer operations than this are kept. It is delayed because slow reads from before
 * the cut may still be recorded.
 */
const LONGEST_WAIT = 4096;
/** Number of operations for which a planned cut is delayed if a client has sent several requests at once. */
const PARALLEL = 64;

export class Segments {
  readonly object: ObjectEvent;
  /** True if nothing more can be judged, because a write was recorded out of order, or its effect is not known. */
  closed = false;
  /** True if nothing can be judged yet, because no read has shown the first state of the object. */
  #unknown: boolean;
  #initial: readonly string[] | undefined;
  #from: Operation | undefined;
  #entries: Entry[] = [];
  readonly #open = new Map<number, Start>();
  /** The operation of the current segment that returned last. */
  #last: Operation | undefined;
  /**
   * The planned cut. `waiting`: clients that have sent no request since the cut was planned. Slow reads of these
   * clients from before the cut may still be recorded.
   */
  #cut: { read: Operation; length: number; waiting: Set<string> } | undefined;
  readonly #clients = new Map<string, number>();
  /**
   * True if a client has had two requests in flight at once. Then its next request does not prove that all its earlier
   * reads are recorded.
   */
  #parallel = false;
  /** True if this segment can never be cut, as the method `#ambiguous` has found out. */
  #stuck = false;
  /** Number of operations in the segment for which it is not known whether they happened. */
  #unsure = 0;
  #adds = 0;

  constructor(object: ObjectEvent) {
    this.object = object;
    this.#initial = object.initial;
    // A set, list or bag begins empty if no initial content is known: values that the run did not write are ignored.
    this.#unknown = object.initial === undefined && (object.kind === 'register' || object.kind === 'counter');
  }

  /** The last acknowledged operation (`#before`) and the last acknowledged write (`#wrote`), by their return times. */
  #before: Operation | undefined;
  #wrote: Operation | undefined;

  get judges(): boolean {
    return !this.closed && !this.#unknown;
  }

  started(start: Start): void {
    this.#open.set(start.id, start);
    if (this.#cut !== undefined) this.#calledAfterCut(start);
  }

  /** Called instead of `ended` for an operation that shows nothing about the object, such as a failed read. */
  skipped({ id, client }: Operation): void {
    this.#open.delete(id);
    this.#dropClient(client);
  }

  #follow(operation: Operation): void {
    const { client, call } = operation;
    const before = this.#clients.get(client) ?? Number.NEGATIVE_INFINITY;
    if (call <= before) this.#parallel = true;
    this.#clients.set(client, Math.max(before, returned(operation)));
  }

  /** Stops waiting for a client, because after a failed request the client may send no more requests. */
  #dropClient(client: string): void {
    this.#clients.delete(client);
    this.#cut?.waiting.delete(client);
  }

  /** @returns the segment that this operation completes, if any */
  ended(operation: Operation, sure: boolean): Segment | undefined {
    this.#open.delete(operation.id);
    const reads = operation.action === 'read';
    if (operation.outcome === 'fail' || this.closed) return undefined;
    const late = this.#from !== undefined && !precedes(this.#from, operation);
    if ((late && !reads) || !this.#known(operation)) this.closed = true;
    const alone = reads && sure && !late && this.#alone(operation);
    const repeats = alone && this.#repeats(operation);
    if (!repeats) this.#entries.push({ operation, sure, late });
    if (sure && (this.#last === undefined || returned(operation) > returned(this.#last)))
      this.#last = operation;
    if (!sure) this.#unsure++;
    if (sure) this.#follow(operation);
    else this.#dropClient(operation.client);
    if (this.#cut !== undefined) this.#calledAfterCut(operation);
    const over = this.#cutOff();
    if (alone && !repeats && this.#cut === undefined && !this.#ambiguous()) {
      this.#cut = { read: operation, length: this.#entries.length, waiting: new Set(this.#clients.keys()) };
    }
    return over;
  }

  /**
   * Returns whether an operation overlaps a write, and whether another instance served the previous operation
   * (`crosses`). Call it once for each operation, after `ended`.
   */
  relate(operation: Operation): { overlaps: boolean; crosses: boolean } {
    const reads = operation.action === 'read';
    const [before, here] = [this.#before, operation.instance];
    const against = reads ? this.#wrote : before;
    const inFlight = [...this.#open.values()].some(({ action }) => action !== 'read');
    this.#before = later(before, operation);
    if (!reads) this.#wrote = later(this.#wrote, operation);
    return {
      overlaps: inFlight || (against !== undefined && !precedes(against, operation)),
      crosses: before?.instance !== undefined && here !== undefined && before.instance !== here,
    };
  }

  get length(): number {
    return this.#entries.length;
  }

  /**
   * Returns the last segment: all operations after the last cut, a read during which no other operation ran. It also
   * has the operations without an end, which may or may not have happened.
   */
  rest(): Segment {
    const open = [...this.#open.values()]
      .filter(({ action }) => action !== 'read')
      .map(
        (start): Entry => ({
          operation: { ...start, type: 'op', outcome: 'info' },
          sure: false,
          late: false,
        }),
      );
    return this.#segment(this.#unknown ? [] : [...this.#entries, ...open]);
  }

  /**
   * Returns whether the effect of a write is known. It is not if the object may exceed its cap (maximum size), or if
   * the value of a counter is not a number.
   */
  #known(operation: Operation & Sifted): boolean {
    const { kind, cap = Number.POSITIVE_INFINITY } = this.object;
    const effect = effectOf(kind, operation);
    if (effect?.does === 'counts') return Number.isFinite(effect.by);
    if (kind === 'counter')
      return Number.isFinite(countOf(effect === undefined ? operation.saw : putsIn(effect)));
    if (effect?.does === 'adds') this.#adds++;
    return (this.#initial?.length ?? 0) + this.#adds + (operation.foreign ?? 0) <= cap;
  }

  #alone(read: Operation): boolean {
    return this.#open.size === 0 && (this.#last === undefined || precedes(this.#last, read));
  }

  /** Returns whether a read shows the same state as the last cut, and no other operation came between. */
  #repeats({ saw = [] }: Operation): boolean {
    const cut = this.#cut;
    if (cut !== undefined) return cut.length === this.#entries.length && alike(cut.read.saw ?? [], saw);
    return (
      this.#from !== undefined && this.#entries.length === this.#unsure && alike(this.#initial ?? [], saw)
    );
  }

  /** Cancels the planned cut if a request overlaps the read at which it was planned. */
  #calledAfterCut(called: Operation | Start): void {
    if (this.#cut === undefined) return;
    if (precedes(this.#cut.read, called)) this.#cut.waiting.delete(called.client);
    else this.#cut = undefined;
  }

  #cutOff(): Segment | undefined {
    const cut = this.#cut;
    if (cut === undefined) return undefined;
    if (cut.waiting.size > 0 && this.#entries.length < LONGEST_WAIT) return undefined;
    if (this.#parallel && this.#entries.length - cut.length < PARALLEL) return undefined;
    // A client that has sent nothing since the planned cut may never send again, so later cuts do not wait for it.
    for (const client of cut.waiting) this.#clients.delete(client);
    const entries = this.#entries.slice(0, cut.length);
    const segment = this.#unknown ? undefined : this.#segment(entries);
    this.#unknown = false;
    const pending = this.#unsure === 0 ? [] : unseen(entries);
    this.#entries = [...pending, ...this.#entries.slice(cut.length)];
    this.#unsure = this.#entries.reduce((sum, { sure }) => sum + Number(!sure), 0);
    this.#adds = this.#entries.filter(
      ({ operation }) => effectOf(this.object.kind, operation)?.does === 'adds',
    ).length;
    this.#initial = cut.read.saw;
    this.#from = cut.read;
    this.#cut = undefined;
    return segment;
  }

  #segment(entries: readonly Entry[]): Segment {
    return { object: this.object, initial: this.#initial, from: this.#from, entries };
  }

  /**
   * Returns whether the segment cannot be cut.
   *
   * Each segment must know whether an `info` operation (it may or may not have happened) took effect in an earlier
   * segment. This is known only for an add of a unique value. If a read has shown the value, the add has taken effect;
   * otherwise the add moves to the next segment.
   */
  #ambiguous(): boolean {
    if (this.#stuck || this.#unsure === 0) return this.#stuck;
    const { kind } = this.object;
    const values = new Set(this.#initial);
    this.#stuck = this.#entries.some(({ operation, sure }) => {
      const effect = effectOf(kind, operation);
      if (effect === undefined) return false;
      const [value, more] = putsIn(effect);
      if (effect.does === 'removes' || value === undefined) return !sure;
      if (operation.action === 'cas' || more !== undefined || kind === 'counter' || values.has(value))
        return true;
      values.add(value);
      return false;
    });
    return this.#stuck;
  }
}

const later = (a: Operation | undefined, b: Operation): Operation =>
  a === undefined || (b.return ?? b.call) >= (a.return ?? a.call) ? b : a;

const returned = (operation: Operation): number => operation.return ?? Number.POSITIVE_INFINITY;

/** Returns the `info` operations (they may or may not have happened) whose value no read has shown. */
function unseen(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string | undefined>();
  for (const { operation } of entries) for (const value of operation.saw ?? []) seen.add(value);
  return entries.filter(({ operation, sure }) => !sure && !seen.has(operation.value));
}
