/**
 * Tracks one value of a set, list or bag. A request that overlaps the write of the value may overwrite it, so a read
 * without the value is no contradiction at first. If a later read shows the value again, no request had overwritten it,
 * and the earlier read was wrong. Judges only quiet reads, which are sent when no write can take effect.
 */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { acknowledged, mayBeUndone, type Write } from './overlaps.ts';
import { type Contradiction, Reader, type ReadFacts } from './read-facts.ts';
import type { Sifted } from './sift.ts';

export class Value {
  readonly value: string;
  add: Operation | undefined;
  adds: Write[] = [];
  removing: Write[] = [];
  missed = false;
  present = true;
  /** True if the value is no longer tracked. A later add of the same text is a new `Value`. */
  forgotten = false;
  shownIn = 0;

  constructor(value: string) {
    this.value = value;
  }
}

/** Reads without the value: after the session's own add (`stale`), or after the session had read the value (`back`). */
type Suspects = Partial<Record<'stale' | 'back', Operation>>;

interface Compared {
  write: Operation | undefined;
  read: boolean;
  next: boolean;
}

export const NOTHING_COMPARED: Compared = { write: undefined, read: false, next: false };

const LEAST = 16;

/** The writes and reads of one session. Keys are `Value` objects, because lookups by text are slower. */
export class Viewer extends Reader {
  /** Values of the session's acknowledged adds. Some of them may have been removed since. */
  added: Value[] = [];
  removed: { end: Operation; value: Value } | undefined;
  readonly shown = new Map<Value, Operation>();
  /** Key: a value that may have been removed; value: the first read that no longer showed it. */
  readonly gone = new Map<Value, Operation>();
  /** Sizes above which removed values are deleted from `added`, and forgotten values from `gone`. */
  readonly most = { added: LEAST, gone: LEAST };
  /** Values that a read lacked, perhaps because an overlapping request had overwritten them. */
  readonly suspects = new Map<Value, Suspects>();
  /** Number of the object's changes at the last read; −1 if the next read must be compared in any case. */
  settled = -1;
  values: readonly Value[] = [];
  compared = NOTHING_COMPARED;
}

/** A read that is compared with the earlier operations of its session. */
export interface ComparedRead {
  read: Operation & Sifted;
  /** Number of the read among the compared reads of the object. */
  number: number;
  /** True if no write could take effect when the read was sent. A write in flight may save older data. */
  quiet: boolean;
  reader: Viewer;
  facts: ReadFacts;
}

export function hasAdded(known: Value, reader: Viewer): void {
  reader.added.push(known);
  if (reader.added.length <= reader.most.added) return;
  reader.added = reader.added.filter(({ present }) => present);
  reader.most.added = 2 * reader.added.length + LEAST;
}

/** Remembers the first read that lacked a removed value. The value must not come back. */
function isGone(known: Value, read: Operation, { gone, most }: Viewer): void {
  if (gone.has(known)) return;
  gone.set(known, read);
  if (gone.size <= most.gone) return;
  for (const one of gone.keys()) if (one.forgotten) gone.delete(one);
  most.gone = 2 * gone.size + LEAST;
}

export const raced = ({ adds, removing }: Value): boolean =>
  adds.some(mayBeUndone) || removing.some(mayBeUndone);

/** Records a write that may remove the value, so that later reads may lack it. */
export function mayRemove(known: Value, removing: Write): void {
  known.removing.push(removing);
  for (const add of known.adds) add.traceless = true;
}

export function suspect(known: Value, read: Operation, reader: Viewer, as: 'stale' | 'back'): void {
  getOrInsert(reader.suspects, known, (): Suspects => ({}))[as] ??= read;
}

/** Reports values of an earlier read that this read wrongly lacks. Returns true if this read lacks any value. */
export function lacking({ read, number, quiet, reader, facts }: ComparedRead): boolean {
  let owed = false;
  reader.shown.forEach((earlier, known) => {
    const { value } = known;
    if (known.shownIn === number) return;
    owed = true;
    if (!precedes(earlier, read)) return;
    if (mayBeGone(known, read)) {
      isGone(known, read, reader);
      // Only an acknowledged removal proves that the object no longer has the value.
      if (known.removing.some(acknowledged)) reader.shown.delete(known);
    } else if (raced(known)) {
      if (quiet) suspect(known, read, reader, 'back');
    } else {
      reader.shown.delete(known);
      facts.back.push(contradiction(earlier, `showed "${value}"`, `"${value}" in it`, 'it is gone'));
    }
  });
  return owed;
}

export function shows(known: Value, reading: ComparedRead): void {
  const { value } = known;
  const { read, reader, facts } = reading;
  notOverwritten(known, reading);
  const removal = mustBeGone(known, read);
  if (removal !== undefined && !raced(known)) {
    facts.stale.push(contradiction(removal, 'acknowledged', `"${value}" gone`, `"${value}" is still there`));
  }
  const without = reader.gone.get(known);
  if (without === undefined) {
    if (!reader.shown.has(known)) reader.shown.set(known, read);
  } else if (precedes(without, read)) {
    reader.gone.delete(known);
    if (raced(known)) return;
    const was = `no longer showed "${value}"`;
    facts.back.push(contradiction(without, was, `"${value}" gone`, 'it is there again'));
  }
}

/** Reports an earlier read that lacked the value, once a later read proves that no request overwrote the value. */
function notOverwritten(known: Value, { read, reader, facts }: ComparedRead): void {
  const of = reader.suspects.size === 0 ? undefined : reader.suspects.get(known);
  if (of === undefined) return;
  for (const kind of ['stale', 'back'] as const) {
    const without = of[kind];
    if (without === undefined || !precedes(without, read)) continue;
    delete of[kind];
    facts[kind].push(overwrittenAndBack(known, without));
  }
  if (of.stale === undefined && of.back === undefined) reader.suspects.delete(known);
}

const overwrittenAndBack = ({ value }: Value, without: Operation): Contradiction => ({
  against: without,
  was: `"${value}" was not there`,
  expected: 'the value absent again, as after an overwrite',
  came: `"${value}" is there`,
  summary: `${without.instance ?? 'the app'} did not show a value that the object had before and after this read`,
});

/** Returns the removal of the value that the session itself made before this read. */
export function mustBeGone({ removing, add }: Value, read: Operation): Operation | undefined {
  for (const { start, effect, end } of removing) {
    if (end?.outcome !== 'ok' || end.session !== read.session || !precedes(end, read)) continue;
    // A `set` or `clear` removes only values that were added before it.
    if (effect?.does === 'removes' || (add !== undefined && precedes(add, start))) return end;
  }
  return undefined;
}

/** Returns whether a read without the value is wrong. */
export const mustShow = (known: Value, { read, quiet }: Pick<ComparedRead, 'read' | 'quiet'>): boolean =>
  known.present && !known.forgotten && !mayBeGone(known, read) && (quiet || !raced(known));

export const mayBeGone = ({ removing }: Value, read?: Operation): boolean =>
  removing.some(
    ({ start, end }) => end?.outcome !== 'fail' && (read === undefined || !precedes(read, start)),
  );

export const contradiction = (against: Operation, was: string, expected: string, came: string) => ({
  against,
  was,
  expected,
  came,
});

/** Returns whether a list shows an add of its session and lacks a later one. `own`: the shown adds of the session. */
export function hasGap(added: readonly Value[], read: Operation, own: ReadonlySet<Value>): boolean {
  let lacks: Write | undefined;
  for (let i = added.length - 1, left = own.size; i >= 0 && left > 0; i--) {
    const known = added[i] as Value;
    const { add, adds } = known;
    if (own.has(known)) {
      left--;
      if (add !== undefined && lacks !== undefined && precedes(add, lacks.start)) return true;
    } else if (add !== undefined && precedes(add, read) && mustShow(known, { read, quiet: false })) {
      lacks ??= adds[0];
    }
  }
  return false;
}
