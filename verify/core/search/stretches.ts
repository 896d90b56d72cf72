/**
 * Cuts the history of one object, as it streams, into stretches that can be judged one by one: at a read that
 * nothing overlaps. Such a read shows the whole state, so that what comes after it needs nothing of what came before
 * but that state and the operations without a response that no read has shown.
 */
import { precedes } from '../clocks.ts';
import type { ObjectEvent, Operation, Start } from '../history.ts';
import { alike } from '../models.ts';
import { countOf, effectOf, putsIn } from '../objects/effect.ts';
import type { Sifted } from '../objects/sift.ts';

/** An operation on the object that may have an effect, or showed the state. */
export interface Entry {
  operation: Operation;
  /** It happened, between its call and its return; otherwise at any time from its call on, or never. */
  sure: boolean;
  /** It was recorded after its stretch had been cut off, and is judged from there on: that is too strict. */
  late: boolean;
}

/** What is judged at once. */
export interface Stretch {
  object: ObjectEvent;
  /** State before it; absent as in `ObjectEvent`. */
  initial: readonly string[] | undefined;
  /** The read that showed that state; absent at the beginning of the run. */
  from: Operation | undefined;
  entries: readonly Entry[];
}

/** With so many operations it is cut although a slow read that began before the cut may still come. */
const PATIENCE = 4096;
/** Operations to wait for after a read where clients overlap themselves. */
const PARALLEL = 64;

export class Stretches {
  readonly object: ObjectEvent;
  /** Recorded out of order or beyond the app's cap: what follows is not judged. */
  closed = false;
  /** It is not known what the object held before the run: until a read shows it, nothing is judged. */
  #unknown: boolean;
  #initial: readonly string[] | undefined;
  #from: Operation | undefined;
  #entries: Entry[] = [];
  readonly #open = new Map<number, Start>();
  /** Of those that have ended in this stretch, the one that returned last. */
  #last: Operation | undefined;
  /** The read to cut at, the number of entries up to it, and the clients that have not gone on since. */
  #cut: { read: Operation; length: number; waiting: Set<string> } | undefined;
  /** The last return of each client. */
  readonly #clients = new Map<string, number>();
  /** A client had two requests under way at once: that it goes on does not tell that its reads are over. */
  #parallel = false;
  /** From here on it can never be cut: see #ambiguous. */
  #stuck = false;
  #unsure = 0;
  /** Values that may have been added in this stretch. */
  #adds = 0;

  constructor(object: ObjectEvent) {
    this.object = object;
    this.#initial = object.initial;
    // Of a collection only values of the run are looked at: of those it holds none.
    this.#unknown = object.initial === undefined && (object.kind === 'register' || object.kind === 'counter');
  }

  /** Whether what happens now is judged. */
  get judges(): boolean {
    return !this.closed && !this.#unknown;
  }

  started(start: Start): void {
    this.#open.set(start.id, start);
    if (this.#cut !== undefined) this.#goesOn(start);
  }

  /** An operation that says nothing has ended. */
  skipped({ id, client }: Operation): void {
    this.#open.delete(id);
    this.#gone(client);
  }

  #follow(operation: Operation): void {
    const { client, call } = operation;
    const before = this.#clients.get(client) ?? Number.NEGATIVE_INFINITY;
    if (call <= before) this.#parallel = true;
    this.#clients.set(client, Math.max(before, returned(operation)));
  }

  /** A client whose request failed may be gone for good: nothing waits for it. */
  #gone(client: string): void {
    this.#clients.delete(client);
    this.#cut?.waiting.delete(client);
  }

  /**
   * @param sure whether it certainly happened; false: it may have
   * @returns a stretch that is over, if one is
   */
  ended(operation: Operation, sure: boolean): Stretch | undefined {
    this.#open.delete(operation.id);
    if (operation.outcome === 'fail' || this.closed) return undefined;
    const reads = operation.action === 'read';
    const late = this.#from !== undefined && !precedes(this.#from, operation);
    if ((late && !reads) || !this.#known(operation)) this.closed = true;
    const alone = reads && sure && !late && this.#alone(operation);
    const repeats = alone && this.#repeats(operation);
    if (!repeats) this.#entries.push({ operation, sure, late });
    if (sure && (this.#last === undefined || returned(operation) > returned(this.#last)))
      this.#last = operation;
    if (!sure) this.#unsure++;
    if (sure) this.#follow(operation);
    else this.#gone(operation.client);
    if (this.#cut !== undefined) this.#goesOn(operation);
    const over = this.#cutOff();
    if (alone && !repeats && this.#cut === undefined && !this.#ambiguous()) {
      this.#cut = { read: operation, length: this.#entries.length, waiting: new Set(this.#clients.keys()) };
    }
    return over;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Nothing more comes: what is left. Operations that never ended may have happened. */
  rest(): Stretch {
    const open = [...this.#open.values()]
      .filter(({ action }) => action !== 'read')
      .map(
        (start): Entry => ({
          operation: { ...start, type: 'op', outcome: 'info' },
          sure: false,
          late: false,
        }),
      );
    return this.#stretch(this.#unknown ? [] : [...this.#entries, ...open]);
  }

  /** Whether the model knows what it does: not where the app may drop values, nor where a number is none. */
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

  /** Whether nothing has happened since a read alone that showed the same: then this one adds nothing. */
  #repeats({ saw = [] }: Operation): boolean {
    const cut = this.#cut;
    if (cut !== undefined) return cut.length === this.#entries.length && alike(cut.read.saw ?? [], saw);
    return (
      this.#from !== undefined && this.#entries.length === this.#unsure && alike(this.#initial ?? [], saw)
    );
  }

  /** Takes note of what was called after the cut; what overlaps it takes the cut back. */
  #goesOn(called: Operation | Start): void {
    if (this.#cut === undefined) return;
    if (precedes(this.#cut.read, called)) this.#cut.waiting.delete(called.client);
    else this.#cut = undefined;
  }

  #cutOff(): Stretch | undefined {
    const cut = this.#cut;
    if (cut === undefined) return undefined;
    if (cut.waiting.size > 0 && this.#entries.length < PATIENCE) return undefined;
    if (this.#parallel && this.#entries.length - cut.length < PARALLEL) return undefined;
    // Those that we lost patience with may be gone for good.
    for (const client of cut.waiting) this.#clients.delete(client);
    const entries = this.#entries.slice(0, cut.length);
    const stretch = this.#unknown ? undefined : this.#stretch(entries);
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
    return stretch;
  }

  #stretch(entries: readonly Entry[]): Stretch {
    return { object: this.object, initial: this.#initial, from: this.#from, entries };
  }

  /**
   * Subtle: at a cut it must be known of each unacknowledged operation whether it has happened, since it happens
   * once at most. It is for writes of unique values: one that a read showed has happened, any other might as well not
   * have, and is carried on. With others there is no cut, and the stretch goes on.
   */
  #ambiguous(): boolean {
    if (this.#stuck || this.#unsure === 0) return this.#stuck;
    const { kind } = this.object;
    const values = new Set(this.#initial);
    this.#stuck = this.#entries.some(({ operation, sure }) => {
      const effect = effectOf(kind, operation);
      if (effect === undefined) return false;
      const [value, more] = putsIn(effect);
      // A removal that is acknowledged has happened; one that is not may come at any time.
      if (effect.does === 'removes' || value === undefined) return !sure;
      if (operation.action === 'cas' || more !== undefined || kind === 'counter' || values.has(value))
        return true;
      values.add(value);
      return false;
    });
    return this.#stuck;
  }
}

const returned = (operation: Operation): number => operation.return ?? Number.POSITIVE_INFINITY;

/** @returns those that nobody acknowledged, and whose value no read shows */
function unseen(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string | undefined>();
  for (const { operation } of entries) for (const value of operation.saw ?? []) seen.add(value);
  return entries.filter(({ operation, sure }) => !sure && !seen.has(operation.value));
}
