/**
 * Follows one value of a set, list or bag: its writes, the reads that showed it, and whether a read may lack it.
 *
 * A request that overlapped a write may have overwritten the value. Then a state without the value contradicts
 * nothing (no-lost-updates judges this case). But if a later read shows the value again, the value was never
 * overwritten, and the earlier state without it is a contradiction.
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
  /**
   * The removals and replacements that were sent and may have removed the value. Some of them may have failed later.
   */
  removing: Write[];
  /** True if a read was reported because it lacks this value. */
  missed: boolean;
  /** True until the value is known to be removed. */
  present: boolean;
  /** True if this value is no longer remembered. A later add of the same text creates another value. */
  forgotten: boolean;
  /** Number of the last compared read that showed the value. */
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

/** The quiet reads that lack a value. */
type Suspects = Partial<Record<'stale' | 'back', Operation>>;

/** The writes and reads of one session. The maps are keyed by `Value`, not by text, for speed: every read uses them. */
export interface Viewer extends Reader {
  /** The values of the session's acknowledged adds, without values that are known to be removed. */
  added: Value[];
  /** The session's last acknowledged removal, and a value that it removed. */
  removed: { end: Operation; value: Value } | undefined;
  /** The first read that showed each value. */
  shown: Map<Value, Operation>;
  /** For values that were shown and may have been removed: the first read without the value. */
  gone: Map<Value, Operation>;
  /**
   * Values that a quiet read (see `lacking`) lacks, perhaps because they were overwritten. `stale`: the first quiet read
   * without a value that the session had added. `back`: the first one without a value that it had been shown. If a
   * later read shows such a value again, the quiet read is a contradiction.
   */
  suspects: Map<Value, Suspects>;
  /** The object's change count at the last read, if an equal next read needs no comparison; else −1. */
  settled: number;
  /** The values that the last read showed. */
  values: readonly Value[];
  /**
   * The operations with which the last read was compared. `next`: whether an equal next read is compared with this
   * read. Valid until a change.
   */
  compared: { write: Operation | undefined; read: boolean; next: boolean };
}

export const viewer = (session: string): Viewer => ({
  session,
  added: [],
  removed: undefined,
  compared: { write: undefined, read: false, next: false },
  shown: new Map(),
  gone: new Map(),
  suspects: new Map(),
  settled: -1,
  values: [],
});

/** Returns whether a write of the value overlapped another request, which may have undone it. */
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
 * Reports values that earlier reads of the session showed and this read lacks. Returns whether it lacks any.
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
      if (!reader.gone.has(known)) reader.gone.set(known, read);
      // An unacknowledged removal may have failed.
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

/** Reports an earlier read that lacked a value which this read shows: the value was never overwritten. */
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
 * Returns whether a read without the value must be reported, now or after a later read. @param quiet as in `lacking`
 */
export const mustShow = (known: Value, read: Operation, quiet: boolean): boolean =>
  known.present && !known.forgotten && !mayBeGone(known, read) && (quiet || !raced(known));

/** Returns whether a change may have removed the value before the read returned. Without a read: at any time. */
export const mayBeGone = ({ removing }: Value, read?: Operation): boolean =>
  removing.some(
    ({ start, end }) => end?.outcome !== 'fail' && (read === undefined || !precedes(read, start)),
  );

export const contradiction = (against: Operation, was: string, expected: string, came: string) => ({
  ...{ against, was, expected, came },
});
