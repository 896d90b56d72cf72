/**
 * Follows one value of a set, list or bag: its writes, the reads that showed it, and whether a read may lack it.
 *
 * A request that overlapped a write may have overwritten the value. Then a read without the value contradicts nothing
 * (no-lost-updates judges this case). But if a later read shows the value, the value was never overwritten, and the
 * read without it was wrong. Only quiet reads are judged in this way: a read is quiet if no write could still take
 * effect when the read was sent.
 */

import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { acknowledged, mayBeUndone, type Write } from './overlaps.ts';
import type { Contradiction, Reader, ReadFacts } from './read-facts.ts';

/** One value of a set, list or bag. Values are unique, so each value is added and removed at most once. */
export interface Value {
  value: string;
  /** The acknowledged add of the value. */
  add: Operation | undefined;
  adds: Write[];
  /** The removals and replacements that were sent and may have removed the value, also those that failed later. */
  removing: Write[];
  /** True if a read without this value has been reported. */
  missed: boolean;
  /** True until the value is known to be removed. */
  present: boolean;
  /** True if this object is no longer used. A later add of the same text makes a new `Value`. */
  forgotten: boolean;
  /** The number of the last compared read that showed the value. Compared reads are counted from 1. */
  shownIn: number;
}

export const newValue = (value: string): Value => ({
  value,
  add: undefined,
  adds: [],
  removing: [],
  missed: false,
  present: true,
  forgotten: false,
  shownIn: 0,
});

/** The first quiet read without a value. `stale`: the session had added the value. `back`: a read had shown it. */
type Suspects = Partial<Record<'stale' | 'back', Operation>>;

/** The writes and reads of one session on one object. The maps use `Value` objects as keys: texts would be slower. */
export interface Viewer extends Reader {
  /** The values of the session's acknowledged adds. Some of them may be removed. */
  added: Value[];
  /** The session's last acknowledged removal, and a value that it removed. */
  removed: { end: Operation; value: Value } | undefined;
  /** The first read that showed each value. */
  shown: Map<Value, Operation>;
  /** The first read without a value that was shown before and may have been removed. */
  gone: Map<Value, Operation>;
  /** Above these sizes, `added` loses its removed values, and `gone` its forgotten values. */
  most: { added: number; gone: number };
  /**
   * Values that a quiet read lacks, perhaps because they were overwritten. A later read may prove that they were not.
   */
  suspects: Map<Value, Suspects>;
  /** The number of changes at the last read, if an equal next read need not be compared; else −1. */
  settled: number;
  /** The values that the last read showed. */
  values: readonly Value[];
  /**
   * `write` and `read`: what the last read was compared with. `next`: true if an equal next read counts as compared
   * with the last read. Valid until the object changes.
   */
  compared: { write: Operation | undefined; read: boolean; next: boolean };
}

/** Up to this size, the lists of a session keep values that are no longer needed. */
const LEAST = 16;

export const viewer = (session: string): Viewer => ({
  session,
  added: [],
  removed: undefined,
  compared: { write: undefined, read: false, next: false },
  shown: new Map(),
  gone: new Map(),
  most: { added: LEAST, gone: LEAST },
  suspects: new Map(),
  settled: -1,
  values: [],
});

/** Adds a value to the session's acknowledged adds. */
export function hasAdded(known: Value, reader: Viewer): void {
  reader.added.push(known);
  if (reader.added.length <= reader.most.added) return;
  reader.added = reader.added.filter(({ present }) => present);
  reader.most.added = 2 * reader.added.length + LEAST;
}

/** Remembers the first read that lacks a value, to report a later read that shows it. */
function isGone(known: Value, read: Operation, { gone, most }: Viewer): void {
  if (gone.has(known)) return;
  gone.set(known, read);
  if (gone.size <= most.gone) return;
  for (const one of gone.keys()) if (one.forgotten) gone.delete(one);
  most.gone = 2 * gone.size + LEAST;
}

/** Returns whether another request overlapped a write of the value, and may have undone the write. */
export const raced = ({ adds, removing }: Value): boolean =>
  adds.some(mayBeUndone) || removing.some(mayBeUndone);

/** Adds a change that may remove the value. From then on, a read without the value says nothing about its adds. */
export function mayRemove(known: Value, removing: Write): void {
  known.removing.push(removing);
  for (const add of known.adds) add.traceless = true;
}

export function suspect(known: Value, read: Operation, reader: Viewer, as: 'stale' | 'back'): void {
  getOrInsert(reader.suspects, known, (): Suspects => ({}))[as] ??= read;
}

/**
 * Reports values that an earlier read of the session showed and this read lacks. Returns whether it lacks any.
 *
 * @param quiet true if no write could still take effect when the read was sent
 */
export function lacking(
  read: Operation,
  number: number,
  quiet: boolean,
  reader: Viewer,
  facts: ReadFacts,
): boolean {
  let owed = false;
  reader.shown.forEach((earlier, known) => {
    const { value } = known;
    if (known.shownIn === number) return;
    owed = true;
    if (!precedes(earlier, read)) return;
    if (mayBeGone(known, read)) {
      isGone(known, read, reader);
      // If no removal was acknowledged, all may have failed, so the value is still expected.
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

export function shows(known: Value, read: Operation, reader: Viewer, facts: ReadFacts): void {
  const { value } = known;
  notOverwritten(known, read, reader, facts);
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

/** Reports an earlier read without this value. The value is shown again, so it had not been overwritten. */
function notOverwritten(known: Value, read: Operation, reader: Viewer, facts: ReadFacts): void {
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
  expected: 'not there either, had it been overwritten',
  came: `"${value}" is there`,
  summary: `${without.instance ?? 'the app'} did not show a value that was there before and after`,
});

/** Returns the removal of the value by the read's session, if the removal was acknowledged before the read was sent. */
export function mustBeGone({ removing, add }: Value, read: Operation): Operation | undefined {
  for (const { start, effect, end } of removing) {
    if (end?.outcome !== 'ok' || end.session !== read.session || !precedes(end, read)) continue;
    // A replacement removes only values that were added before the replacement was sent. A removal removes its value
    // in any case.
    if (effect?.does === 'removes' || (add !== undefined && precedes(add, start))) return end;
  }
  return undefined;
}

/**
 * Returns whether a read must show the value: a read without it is a contradiction, at once or when a later read shows
 * it.
 *
 * @param quiet as in `lacking`
 */
export const mustShow = (known: Value, read: Operation, quiet: boolean): boolean =>
  known.present && !known.forgotten && !mayBeGone(known, read) && (quiet || !raced(known));

/**
 * Returns whether a removal or replacement that was sent before the read returned may have removed the value. Without a
 * read: any removal or replacement so far.
 */
export const mayBeGone = ({ removing }: Value, read?: Operation): boolean =>
  removing.some(
    ({ start, end }) => end?.outcome !== 'fail' && (read === undefined || !precedes(read, start)),
  );

export const contradiction = (against: Operation, was: string, expected: string, came: string) => ({
  ...{ against, was, expected, came },
});
