/**
 * One value of a set, list or bag: what is known of it, what a session has seen of it, and what a read may show.
 *
 * A write that overlapped another request may have been overwritten by it: a state without it is a later one, and
 * whether it may be lost so is for no-lost-updates to say. Such a state contradicts nothing, unless the value is
 * there again afterwards: then it was never overwritten.
 */
import { precedes } from '../clocks.ts';
import type { Operation, Start } from '../history.ts';
import { overlapped, type Write } from './overlaps.ts';
import type { Contradiction, Reader, ReadFacts } from './read-facts.ts';

/** Facts about one value of a set, list or bag. Values are unique, so it is added and removed once at most. */
export interface Value {
  value: string;
  /** Its acknowledged add. */
  add: Operation | undefined;
  /** Its add, and the changes that may have removed it, with what each of them overlapped. */
  writes: Write[];
  /** The changes that may have removed it, from the call of each on. */
  removing: Removing[];
  /** A read that misses it was reported. */
  missed: boolean;
  /** Not known to be removed. */
  present: boolean;
  /** It is no longer remembered: a later add of the same text makes another value. */
  forgotten: boolean;
  /** Number of the last read that was compared and showed it. */
  shownIn: number;
}

export const newValue = (value: string): Value => ({
  value,
  add: undefined,
  writes: [],
  removing: [],
  missed: false,
  present: true,
  forgotten: false,
  shownIn: 0,
});

/** Facts about what one session has written and seen. The maps are keyed by value, not by text: every read uses them. */
export interface Viewer extends Reader {
  /** Its acknowledged adds, but for those that are known to be removed. */
  added: Value[];
  /** Its last acknowledged removal, and a value that it took out. */
  removed: { end: Operation; value: Value } | undefined;
  /** The first read that showed it. */
  shown: Map<Value, Operation>;
  /** Of what was shown and may have been removed: the first read without it. */
  gone: Map<Value, Operation>;
  /** What a quiet read missed, and may have been overwritten: stale or back, should it show again. */
  suspects: Map<Value, { read: Operation; stale: boolean; back: boolean }>;
  /** The object's number of changes at the last read, if that read owed nothing; else −1. */
  settled: number;
  /** The values that the last read showed. */
  values: readonly Value[];
  /** What the last read was compared with, and whether its like would be with it; good until the object changes. */
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

/** A removal of one value, or a replacement of all, that was called; one that failed removed nothing. */
export interface Removing {
  start: Start;
  write: Write;
  /** It replaces all values. */
  whole: boolean;
  end?: Operation;
}

export function mayRemove(known: Value, removing: Removing): void {
  known.removing.push(removing);
  known.writes.push(removing.write);
}

/** Whether a write of it overlapped another request. */
export const raced = ({ writes }: Value): boolean => writes.some(overlapped);

export function suspect(known: Value, read: Operation, reader: Viewer, as: 'stale' | 'back'): void {
  const of = reader.suspects.get(known) ?? { read, stale: false, back: false };
  of[as] = true;
  reader.suspects.set(known, of);
}

/**
 * Looks for the values that earlier reads showed.
 *
 * @param quiet no write could take effect any more when the read was called
 * @returns whether some of them are not there
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
      // A removal that is not acknowledged may still turn out to have failed.
      if (known.removing.some(({ end }) => end?.outcome === 'ok')) reader.shown.delete(known);
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

/** The read shows a value that an earlier one missed: that read was wrong, since nothing had overwritten the value. */
function notOverwritten(known: Value, read: Operation, reader: Viewer, facts: ReadFacts): void {
  const of = reader.suspects.size === 0 ? undefined : reader.suspects.get(known);
  if (of === undefined || !precedes(of.read, read)) return;
  reader.suspects.delete(known);
  const { value } = known;
  const again: Contradiction = {
    against: of.read,
    was: `"${value}" was not there`,
    expected: 'not there either, had it been overwritten',
    came: `"${value}" is there`,
    summary: `${of.read.instance ?? 'the app'} did not show a value that was there before and after`,
  };
  if (of.stale) facts.stale.push(again);
  if (of.back) facts.back.push(again);
}

/** Returns the session's own acknowledged removal that was over when the read was called. */
export function mustBeGone({ removing, add }: Value, read: Operation): Operation | undefined {
  for (const { start, end, whole } of removing) {
    if (end?.outcome !== 'ok' || end.session !== read.session || !precedes(end, read)) continue;
    // A replacement takes out what was there before it was called; a removal takes its value, whenever it was added.
    if (!whole || (add !== undefined && precedes(add, start))) return end;
  }
  return undefined;
}

/**
 * Returns whether a read without the value would be reported: at once, or once a later read shows it again.
 *
 * @param quiet as above
 */
export const mustShow = (known: Value, read: Operation, quiet: boolean): boolean =>
  known.present && !known.forgotten && !mayBeGone(known, read) && (quiet || !raced(known));

export const mayBeGone = ({ removing }: Value, read: Operation): boolean =>
  removing.some(({ start, end }) => end?.outcome !== 'fail' && !precedes(read, start));

export const contradiction = (
  against: Operation,
  was: string,
  expected: string,
  came: string,
): Contradiction => ({
  against,
  was,
  expected,
  came,
});
