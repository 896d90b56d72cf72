/** Reads a history file event by event, so that a history of any length can be judged. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Event, FORMAT, type Run, VERSION } from './core/history/history.ts';
import { CutLineError, HistoryError, parseEvent } from './core/history/parse.ts';
import type { Judge } from './core/timeline/judge.ts';
import { UsageError } from './errors.ts';
import { historyOf, lineBatches } from './lines.ts';

export const HISTORY = 'history.ndjson';
/** Folder for the histories of worker threads. They are merged after the run. */
const PARTS = 'parts';

/** Returns the path of a worker's history in the folder of a run. */
export const partFile = (number: number): string => join(PARTS, `history-${number}.ndjson`);

/** Returns the paths of the workers' histories. Returns an empty list if they are merged, or if there are none. */
export async function partsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, PARTS)).catch(() => []);
  return names
    .filter(name => name.endsWith('.ndjson'))
    .map(name => join(folder, PARTS, name))
    .sort();
}

/** `mixed`: the file also contains foreign lines, such as the output of k6. */
export type Lines = 'history' | 'mixed';

export class HistoryReader {
  readonly file: string;
  readonly run: Run;
  /** Line number at which the history begins. Foreign lines may precede it. */
  readonly #first: number;
  readonly #lines: Lines;
  readonly #batches: AsyncGenerator<string[]>;
  #batch: string[] = [];
  #at = 0;
  #number = 0;
  #next: Event | undefined;
  #skipped = 0;
  /** The incomplete line, if any. Only the last line of a file may be incomplete: its writer may have been killed. */
  #bad: { number: number; error: HistoryError } | undefined;

  private constructor(file: string, lines: Lines, run: Run, from: Position) {
    this.file = file;
    this.run = run;
    this.#lines = lines;
    this.#batches = from.batches;
    this.#batch = from.batch;
    this.#at = from.at;
    this.#number = from.number;
    this.#first = from.number;
  }

  /**
   * Opens a history, and reads its first line and event.
   *
   * @param path a history file, or the folder of a run
   * @throws UsageError with file and line if this version of Baton cannot judge the file
   */
  static async open(path: string, lines: Lines = 'history'): Promise<HistoryReader> {
    const file = await historyIn(path);
    const batches = lineBatches(file);
    let number = 0;
    for (let next = await batches.next(); !next.done; next = await batches.next()) {
      const at = next.value.findIndex(line => lines === 'history' || line.startsWith('{'));
      number += at === -1 ? next.value.length : at + 1;
      if (at === -1) continue;
      const run = withPosition(file, number, () => firstLine(next.value[at] ?? ''));
      const reader = new HistoryReader(file, lines, run, { batches, batch: next.value, at: at + 1, number });
      await reader.fill();
      return reader;
    }
    const found = lines === 'history' ? 'and the file is empty' : 'found no line that belongs to a history';
    throw new UsageError(`${file}: expected a history, ${found}`);
  }

  /**
   * Creates a judge for this history.
   *
   * @throws UsageError with file and line if the judge rejects the first line
   */
  judge(make: (run: Run) => Judge): Judge {
    return withPosition(this.file, this.#first, () => make(this.run));
  }

  /** The next event. Undefined at the end of the file, or if `fill` must read more lines first. */
  get next(): Event | undefined {
    return this.#next;
  }

  /** Remarks for the user about skipped lines. */
  get remarks(): string[] {
    const bad = this.#bad;
    const skipped = this.#skipped === 0 ? [] : [`${this.#skipped} lines are not part of a history`];
    const cut = `line ${bad?.number} is incomplete (${bad?.error.message}) and was left out`;
    return [...skipped, ...(bad === undefined ? [] : [cut])];
  }

  /**
   * Passes the next event to a function, and advances to the event after it.
   *
   * @throws UsageError with file and line if a line is wrong, or the function throws a HistoryError
   */
  step(take: (event: Event) => void): void {
    const event = this.#next;
    if (event === undefined) throw new Error('expected an event: check `next` before `step`');
    withPosition(this.file, this.#number, () => take(event));
    this.#advance();
  }

  /** Reads more lines if all events were passed on. Afterwards, `next` is undefined only at the end of the file. */
  async fill(): Promise<void> {
    if (this.#next === undefined) this.#advance();
    while (this.#next === undefined) {
      const { value, done } = await this.#batches.next();
      if (done) return;
      this.#batch = value;
      this.#at = 0;
      this.#advance();
    }
  }

  /** Passes all events to a function, until it returns `stop`, and closes the file. */
  async each(take: (event: Event) => 'stop' | undefined): Promise<void> {
    let stopped = false;
    const one = (event: Event): void => {
      stopped = take(event) === 'stop';
    };
    for (; this.#next !== undefined && !stopped; await this.fill())
      while (this.#next !== undefined && !stopped) this.step(one);
    await this.#batches.return(undefined);
  }

  #advance(): void {
    this.#next = undefined;
    while (this.#next === undefined && this.#at < this.#batch.length) {
      const line = this.#batch[this.#at++] as string;
      this.#number++;
      if (this.#bad !== undefined) throw wrong(this.file, this.#bad.number, this.#bad.error);
      if (line === '') continue;
      if (this.#lines === 'mixed' && !line.startsWith('{')) this.#skipped++;
      else this.#next = this.#parsed(line);
    }
  }

  #parsed(line: string): Event | undefined {
    try {
      return parseEvent(line);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      if (!(error instanceof CutLineError)) throw wrong(this.file, this.#number, error);
      this.#bad = { number: this.#number, error };
      return undefined;
    }
  }
}

interface Position {
  batches: AsyncGenerator<string[]>;
  batch: string[];
  at: number;
  number: number;
}

const wrong = (file: string, number: number, { message }: Error): UsageError =>
  new UsageError(`${file}:${number}: ${message}`);

function withPosition<T>(file: string, number: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof HistoryError ? wrong(file, number, error) : error;
  }
}

async function historyIn(path: string): Promise<string> {
  try {
    const found = await stat(path);
    const inside = found.isDirectory() ? join(path, HISTORY) : historyOf(path);
    if (inside === undefined) return path;
    await stat(inside);
    return inside;
  } catch (error) {
    throw new UsageError(
      `${path}: expected a history file or the folder of a run with a ${HISTORY} in it, found none ` +
        `(${(error as NodeJS.ErrnoException).code}). Runs are kept under runs/`,
    );
  }
}

/** @throws HistoryError if the line does not begin a history, or has an unsupported version of the format */
function firstLine(line: string): Run {
  const { format, version } = headOf(line);
  if (format !== FORMAT)
    throw new HistoryError(`expected the first line of a history ("format": "${FORMAT}")`);
  if (version !== VERSION) {
    throw new HistoryError(
      `expected a history of version ${VERSION}, got version ${JSON.stringify(version)}: ` +
        'judge it with the Baton that wrote it',
    );
  }
  const event = parseEvent(line);
  if (event.type !== 'run') throw new HistoryError(`expected a "run" line first, got "${event.type}"`);
  return event;
}

/** Parses only format and version, because a history of an unsupported version may lack the other fields. */
function headOf(line: string): { format?: unknown; version?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
