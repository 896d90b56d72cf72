/** Cuts an object's history into segments at reads that overlap no operation. Waits for slow earlier reads. */
import { unfinished } from '../history/actions.ts';
import type { ObjectEvent, Operation, Start } from '../history/history.ts';
import { alike, countOf, effectOf, putsIn } from '../objects/models.ts';
import type { Sifted } from '../objects/sift.ts';
import { precedes } from '../timeline/clocks.ts';
import { isHandoff } from '../timeline/handoff.ts';

export interface Entry {
  operation: Operation;
  /** True if the operation took effect before its return. False if it may take effect at any time after its call. */
  sure: boolean;
  /** True if the operation began in an earlier segment and was recorded in this one. */
  late: boolean;
}

export interface Segment {
  object: ObjectEvent;
  initial: readonly string[] | undefined;
  from: Operation | undefined;
  entries: readonly Entry[];
}

/** Maximum number of operations in a segment that waits for slow reads. */
const LONGEST_WAIT = 4096;
/** Parallel requests of one client delay a cut of the history by at most this number of operations. */
const PARALLEL = 64;

export class Segments {
  readonly object: ObjectEvent;
  /** True if the rest of the history cannot be judged: a write was recorded out of order, or has an unknown effect. */
  closed = false;
  /** True until a read shows the first state of the object. */
  #unknown: boolean;
  #initial: readonly string[] | undefined;
  #from: Operation | undefined;
  #entries: Entry[] = [];
  readonly #open = new Map<number, Start>();
  #last: Operation | undefined;
  #cut: { read: Operation; length: number; waiting: Set<string> } | undefined;
  readonly #clients = new Map<string, number>();
  /** True if a client had two requests in flight. Its next request does not show that its earlier reads have ended. */
  #parallel = false;
  #stuck = false;
  /** Number of operations in the segment that may or may not have happened. */
  #unsure = 0;
  #adds = 0;
  #before: Operation | undefined;
  #wrote: Operation | undefined;

  constructor(object: ObjectEvent) {
    this.object = object;
    this.#initial = object.initial;
    // A set, list or bag begins empty, because values of other runs are ignored.
    this.#unknown = object.initial === undefined && (object.kind === 'register' || object.kind === 'counter');
  }

  get judges(): boolean {
    return !this.closed && !this.#unknown;
  }

  started(start: Start): void {
    this.#open.set(start.id, start);
    this.#calledAfterCut(start);
  }

  /** Called instead of `ended` for an operation whose response proves nothing about the object. */
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

  #dropClient(client: string): void {
    this.#clients.delete(client);
    this.#cut?.waiting.delete(client);
  }

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
    this.#calledAfterCut(operation);
    const over = this.#cutOff();
    if (alone && !repeats && this.#cut === undefined && !this.#ambiguous()) {
      this.#cut = { read: operation, length: this.#entries.length, waiting: new Set(this.#clients.keys()) };
    }
    return over;
  }

  /** `overlaps`: the operation overlaps a write. `crosses`: another instance served the previous operation. */
  relate(operation: Operation): { overlaps: boolean; crosses: boolean } {
    const reads = operation.action === 'read';
    const before = this.#before;
    const against = reads ? this.#wrote : before;
    const inFlight = [...this.#open.values()].some(({ action }) => action !== 'read');
    this.#before = later(before, operation);
    if (!reads) this.#wrote = later(this.#wrote, operation);
    return {
      overlaps: inFlight || (against !== undefined && !precedes(against, operation)),
      crosses: before !== undefined && isHandoff(before, operation),
    };
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Returns the last segment, including operations without a recorded end. */
  rest(): Segment {
    const open = [...this.#open.values()]
      .filter(({ action }) => action !== 'read')
      .map((start): Entry => ({ operation: unfinished(start), sure: false, late: false }));
    return this.#segment(this.#unknown ? [] : [...this.#entries, ...open]);
  }

  /** Returns false if the app may have dropped values beyond `cap`, or if the value of a counter is no number. */
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

  #repeats({ saw = [] }: Operation): boolean {
    const cut = this.#cut;
    if (cut !== undefined) return cut.length === this.#entries.length && alike(cut.read.saw ?? [], saw);
    return (
      this.#from !== undefined && this.#entries.length === this.#unsure && alike(this.#initial ?? [], saw)
    );
  }

  /** Cancels a cut if a request overlaps the read at which the history would be cut. */
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

  /** Returns true if an `info` operation may take effect on either side of a cut, and no read shows on which. */
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

function unseen(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string | undefined>();
  for (const { operation } of entries) for (const value of operation.saw ?? []) seen.add(value);
  return entries.filter(({ operation, sure }) => !sure && !seen.has(operation.value));
}
