/**
 * Follows one value of a set, list or bag: its writes, the reads that showed it, and whether a read may lack it.
 *
 * A request that overlapped a write may have overwritten the value, so a read without the value is no contradiction.
 * But if a later read shows the value, it was not overwritten, and the read without it was wrong. This is judged only
 * for a quiet read: when it was sent, no write could still take effect.
 */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { acknowledged, mayBeUndone, type Write } from './overlaps.ts';
import type { Contradiction, Reader, ReadFacts } from './read-facts.ts';

export interface Value {
  value: string;
  /** The acknowledged add of the value. */
  add: Operation | undefined;
  adds: Write[];
  /** The removals and replacements that may have removed it, failed ones too. */
  removing: Write[];
  /** True if a read of the adding session without this value was reported. */
  missed: boolean;
  /** True until the value is known to be removed. */
  present: boolean;
  /** True if the value is no longer followed. A later add of the same text makes a new `Value`. */
  forgotten: boolean;
  /** The number of the last read that showed the value, of the reads that were compared. */
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

/** Quiet reads without the value. `stale`: the session had added it. `back`: an earlier read had shown it. */
type Suspects = Partial<Record<'stale' | 'back', Operation>>;

/** The writes and reads of one session. Its maps have `Value` keys, because texts are slower. */
export interface Viewer extends Reader {
  /** The values of the session's acknowledged adds, removed ones too. */
  added: Value[];
  /** The session's last acknowledged removal. */
  removed: { end: Operation; value: Value } | undefined;
  shown: Map<Value, Operation>;
  /** For each value that may have been removed: the first read that no longer showed it. */
  gone: Map<Value, Operation>;
  /** Above these sizes, removed values are deleted from `added`, and forgotten ones from `gone`. */
  most: { added: number; gone: number };
  /** Values that a quiet read lacked, perhaps because they were overwritten. */
  suspects: Map<Value, Suspects>;
  /** The object's number of changes at the last read, if an equal next read is correct, too. Else −1. */
  settled: number;
  values: readonly Value[];
  /**
   * `write`: the write with which the last read was compared. `read`: whether it was compared with a read. `next`:
   * whether an equal next read counts as compared with it, until the object changes.
   */
  compared: { write: Operation | undefined; read: boolean; next: boolean };
}

/** Shorter lists of a session are not cleaned. */
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

export function hasAdded(known: Value, reader: Viewer): void {
  reader.added.push(known);
  if (reader.added.length <= reader.most.added) return;
  reader.added = reader.added.filter(({ present }) => present);
  reader.most.added = 2 * reader.added.length + LEAST;
}

/** If a later read shows the value again, it is reported. */
function isGone(known: Value, read: Operation, { gone, most }: Viewer): void {
  if (gone.has(known)) return;
  gone.set(known, read);
  if (gone.size <= most.gone) return;
  for (const one of gone.keys()) if (one.forgotten) gone.delete(one);
  most.gone = 2 * gone.size + LEAST;
}

/** Returns whether an overlapping request may have undone a write of the value. */
export const raced = ({ adds, removing }: Value): boolean =>
  adds.some(mayBeUndone) || removing.some(mayBeUndone);

/** From now on, a read without the value does not show that an add failed. */
export function mayRemove(known: Value, removing: Write): void {
  known.removing.push(removing);
  for (const add of known.adds) add.traceless = true;
}

export function suspect(known: Value, read: Operation, reader: Viewer, as: 'stale' | 'back'): void {
  getOrInsert(reader.suspects, known, (): Suspects => ({}))[as] ??= read;
}

/**
 * Reports values that an earlier read of the session showed, and that this read must show but lacks. Returns whether it
 * lacks any, also such as may be gone.
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
      // If no removal was acknowledged, all removals may have failed.
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

/** The value is shown again, so it had not been overwritten when an earlier read lacked it. */
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

/** The acknowledged removal of the value by the read's session, before the read was sent. */
export function mustBeGone({ removing, add }: Value, read: Operation): Operation | undefined {
  for (const { start, effect, end } of removing) {
    if (end?.outcome !== 'ok' || end.session !== read.session || !precedes(end, read)) continue;
    // A replacement removes only values that were added before it was sent.
    if (effect?.does === 'removes' || (add !== undefined && precedes(add, start))) return end;
  }
  return undefined;
}

/**
 * Returns whether a read without the value is wrong, as is known at once or when a later read shows the value.
 *
 * @param quiet true if no write could still take effect when the read was sent
 */
export const mustShow = (known: Value, read: Operation, quiet: boolean): boolean =>
  known.present && !known.forgotten && !mayBeGone(known, read) && (quiet || !raced(known));

/** Returns whether a removal or replacement that was sent before the read returned may have removed the value. */
export const mayBeGone = ({ removing }: Value, read?: Operation): boolean =>
  removing.some(
    ({ start, end }) => end?.outcome !== 'fail' && (read === undefined || !precedes(read, start)),
  );

export const contradiction = (against: Operation, was: string, expected: string, came: string) => ({
  ...{ against, was, expected, came },
});

/**
 * Returns whether a list shows an add of its session and lacks a later acknowledged one. Then it does not show the
 * newest values.
 *
 * @param added the values of the session's acknowledged adds
 * @param own those of them that the list shows
 */
export function hasGap(added: readonly Value[], read: Operation, own: ReadonlySet<Value>): boolean {
  let lacks: Write | undefined;
  for (let i = added.length - 1, left = own.size; i >= 0 && left > 0; i--) {
    const known = added[i] as Value;
    const { add, adds, present } = known;
    if (own.has(known)) {
      left--;
      if (add !== undefined && lacks !== undefined && precedes(add, lacks.start)) return true;
    } else if (
      present &&
      add !== undefined &&
      precedes(add, read) &&
      !mayBeGone(known, read) &&
      !raced(known)
    )
      lacks ??= adds[0];
  }
  return false;
}
