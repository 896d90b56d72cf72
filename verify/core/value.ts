/**
 * One value of a set, list or bag: what is known of it, what a session has seen of it, and what a read may show.
 *
 * A write that overlapped another request may have been overwritten by it: a state without it is a later one, and
 * whether it may be lost so is for no-lost-updates to say. Such a state contradicts nothing, unless the value is
 * there again afterwards: then it was never overwritten.
 */
import { precedes } from './clocks.ts';
import type { Operation, Start } from './history.ts';
import { overlapped, type Write } from './overlaps.ts';
import type { Contradiction, Reader, ReadFacts } from './read-facts.ts';

/** What is known of one value of a set, list or bag. Values are unique, so it is added and removed once at most. */
export interface Value {
  value: string;
  /** Its acknowledged add. */
  add: Operation | undefined;
  /** Its add, and what may have removed it: each tells what it overlapped. */
  writes: Write[];
  /** What may have removed it, from the call of each on. */
  removing: Removing[];
  /** A read that misses it has been told of. */
  missed: boolean;
  /** Not known to be removed. */
  present: boolean;
  /** It is remembered no more, and what is added by this name is another value. */
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

/** What one session has seen of the values. Keyed by value, not by its text: these maps are used at every read. */
export interface Viewer extends Reader {
  /** The first read that showed it. */
  shown: Map<Value, Operation>;
  /** Of what was shown and may have been removed: the first read without it. */
  gone: Map<Value, Operation>;
  /** What a quiet read missed, and may have been overwritten: stale or back, should it show again. */
  suspects: Map<Value, { read: Operation; stale: boolean; back: boolean }>;
  /** The object's number of changes at the last read, if that read owed nothing; else −1. */
  settled: number;
  /** What the last read showed. */
  values: readonly Value[];
}

export const viewer = (session: string): Viewer => ({
  session,
  shown: new Map(),
  gone: new Map(),
  suspects: new Map(),
  settled: -1,
  values: [],
});

/** A removal of one value, or a clear, that has been called; one that failed removed nothing. */
export interface Removing {
  start: Start;
  write: Write;
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
 * Looks for what earlier reads showed.
 *
 * @param quiet no write was under way at the read
 * @returns whether some of it is not there
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

/** What an earlier read missed is there: that read was wrong, since nothing had overwritten it. */
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

/** @returns the session's own acknowledged removal that was over when the read was called */
function mustBeGone({ removing, add }: Value, read: Operation): Operation | undefined {
  for (const { start, end } of removing) {
    if (end?.outcome !== 'ok' || end.session !== read.session || !precedes(end, read)) continue;
    // A clear takes what was there before it was called; a removal takes its value, whenever that was added.
    if (start.action === 'remove' || (add !== undefined && precedes(add, start))) return end;
  }
  return undefined;
}

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
