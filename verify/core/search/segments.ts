/**
 * Cuts the history of one object into segments during the recording. Each is judged separately. A cut is at a read that
 * no operation overlaps: it shows the whole state with which the next segment begins. An `info` write whose value no
 * read has shown moves to the next segment.
 */
import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { alike, countOf, effectOf, putsIn } from '../objects/models.ts';
import type { Sifted } from '../objects/sift.ts';
import { precedes } from '../timeline/clocks.ts';

/** An operation that may have changed the object, or that showed its state. */
export interface Entry {
  operation: Operation;
  /** False if the operation may take effect at any time after its call. */
  sure: boolean;
  /** True if the operation began before the cut and was recorded after it, so that a violation by it may be wrong. */
  late: boolean;
}

export interface Segment {
  object: ObjectEvent;
  /** The state before the segment, if it is known. */
  initial: readonly string[] | undefined;
  /** The read that showed the state before the segment. */
  from: Operation | undefined;
  entries: readonly Entry[];
}

/** A planned cut waits for slow reads from before it, up to this number of operations. */
const LONGEST_WAIT = 4096;
/** Number of operations to wait for after a planned cut, if a client has sent several requests at once. */
const PARALLEL = 64;

export class Segments {
  readonly object: ObjectEvent;
  /** True once a write was recorded out of order, or its effect is not known. Then nothing more is judged. */
  closed = false;
  /** True until a read shows the object's first state. Until then, nothing is judged. */
  #unknown: boolean;
  #initial: readonly string[] | undefined;
  #from: Operation | undefined;
  #entries: Entry[] = [];
  readonly #open = new Map<number, Start>();
  /** The operation of this segment that returned last. */
  #last: Operation | undefined;
  /**
   * The planned cut, and the clients without a request after it: their slow reads from before it may still be recorded.
   */
  #cut: { read: Operation; length: number; waiting: Set<string> } | undefined;
  readonly #clients = new Map<string, number>();
  /**
   * True once a client had two requests in flight. Then its next request does not prove that earlier reads are
   * recorded.
   */
  #parallel = false;
  /** True once `#ambiguous` has found that this segment can never be cut. */
  #stuck = false;
  /** Number of operations that may or may not have happened. */
  #unsure = 0;
  #adds = 0;

  constructor(object: ObjectEvent) {
    this.object = object;
    this.#initial = object.initial;
    // The first state of a set, list or bag is empty, because foreign values do not count.
    this.#unknown = object.initial === undefined && (object.kind === 'register' || object.kind === 'counter');
  }

  /** The acknowledged operation that returned last, and the acknowledged write that returned last. */
  #before: Operation | undefined;
  #wrote: Operation | undefined;

  get judges(): boolean {
    return !this.closed && !this.#unknown;
  }

  started(start: Start): void {
    this.#open.set(start.id, start);
    if (this.#cut !== undefined) this.#calledAfterCut(start);
  }

  /** Called for an operation that shows nothing about the object, such as a failed read. */
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

  /** A client whose request failed may send no more requests, so nothing waits for it. */
  #dropClient(client: string): void {
    this.#clients.delete(client);
    this.#cut?.waiting.delete(client);
  }

  /** @returns the segment that is now complete, if any */
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

  /** Call this once for each operation, after `ended`. `crosses`: another instance served the previous operation. */
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

  /** The last segment: all operations after the last cut. Those that never ended may have happened. */
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

  /** The effect is unknown if the object may exceed its cap, or if a counter's value is not a number. */
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

  /** Returns whether a read shows the state of the last cut again, with no other operation since. */
  #repeats({ saw = [] }: Operation): boolean {
    const cut = this.#cut;
    if (cut !== undefined) return cut.length === this.#entries.length && alike(cut.read.saw ?? [], saw);
    return (
      this.#from !== undefined && this.#entries.length === this.#unsure && alike(this.#initial ?? [], saw)
    );
  }

  /** Cancels the planned cut if a request overlaps its read. */
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
    // A client that has sent nothing since the planned cut may never send again.
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
   * Returns whether the segment cannot be cut. Each segment must know whether an `info` operation took effect in an
   * earlier one. This is known only for an add of a unique value: if a read showed the value, the add has taken effect,
   * otherwise it moves to the next segment.
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

/** The `info` operations whose value no read has shown. */
function unseen(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string | undefined>();
  for (const { operation } of entries) for (const value of operation.saw ?? []) seen.add(value);
  return entries.filter(({ operation, sure }) => !sure && !seen.has(operation.value));
}
