/** Judges several histories as one history. Each load machine has written one part of the same run. */
import type { Check } from './core/checks/check.ts';
import { CHECKS } from './core/checks/index.ts';
import type { Event, Finish, Run } from './core/history/history.ts';
import { CutLineError, HistoryError, parseEvent } from './core/history/parse.ts';
import type { Result } from './core/result/result.ts';
import { Judge } from './core/timeline/judge.ts';
import { UsageError } from './errors.ts';
import { firstLine, historyIn } from './judge-file.ts';
import { lineBatches } from './lines.ts';

/** The reasons for which a part of the run can end, from best to worst. */
const REASONS: readonly Finish['reason'][] = ['complete', 'interrupted', 'failed'];

/**
 * Judges several histories as one history. It merges the lines of all files by time, and keeps the order within each
 * file. Events of two machines that are close in time have no order (see `uncertainty` in docs/history.md). It skips
 * lines that are not part of a history, such as the other lines of a log.
 *
 * @throws UsageError with file and line when a line is wrong, when the files are not from one run, or when two files
 * use the same clock
 */
export async function judgeFiles(
  paths: readonly string[],
  checks: readonly Check[] = CHECKS,
): Promise<Result> {
  const files = await Promise.all(paths.map(historyIn));
  const parts = await Promise.all(files.map(file => Part.open(file)));
  const [first] = parts;
  if (first === undefined) throw new UsageError('expected at least one history');
  for (const part of parts) held(part, first);
  const judge = new Judge(first.run, checks);
  const owners = new Map<string, Part>();
  for (let part = earliest(parts); part !== undefined; part = earliest(parts)) {
    const event = part.take();
    if (event.type === 'clock') owned(event.clock, part, owners);
    if (event.type === 'finish') part.finish = event;
    else step(judge, event, part);
    if (part.empty) await part.fill();
  }
  const [last] = parts.map(({ finish }) => finish).toSorted((a, b) => badness(b) - badness(a));
  if (last !== undefined && parts.every(({ finish }) => finish !== undefined)) judge.step(last);
  return judge.finish(parts.flatMap(({ remarks }) => remarks));
}

const badness = (finish: Finish | undefined): number =>
  finish === undefined ? -1 : REASONS.indexOf(finish.reason);

/** Returns the file whose next line is the earliest. */
function earliest(parts: readonly Part[]): Part | undefined {
  let found: Part | undefined;
  for (const part of parts) {
    if (!part.empty && (found === undefined || part.at < found.at)) found = part;
  }
  return found;
}

function held({ file, run }: Part, first: Part): void {
  if (run.run === first.run.run && run.canary === first.run.canary) return;
  throw new UsageError(
    `${file}: expected a history of run ${first.run.run}, as in ${first.file}, got one of run ${run.run}: ` +
      'judge runs one by one, or give all k6 of a run the same RUN and RUN_KEY (docs/k6.md)',
  );
}

function owned(clock: string, part: Part, owners: Map<string, Part>): void {
  const owner = owners.get(clock);
  if (owner !== undefined) {
    throw new UsageError(
      `${part.file}: the clock "${clock}" is used in ${owner.file}, too: expected each k6 of a run to have different ` +
        'virtual users, by --execution-segment (docs/k6.md)',
    );
  }
  owners.set(clock, part);
}

function step(judge: Judge, event: Event, { file, number }: Part): void {
  try {
    judge.step(event);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw new UsageError(`${file}:${number}: ${error.message}`);
  }
}

/** One of the files, with its read position. */
class Part {
  readonly file: string;
  readonly run: Run;
  finish: Finish | undefined;
  /** Number of the next line, from 1. */
  number: number;
  readonly #batches: AsyncGenerator<string[]>;
  readonly #bases = new Map<string, number>();
  #lines: string[];
  #next: Event | undefined;
  #at = Number.NEGATIVE_INFINITY;
  #passed = 0;
  /** A line that is not JSON. If it is the last line, it is ignored: the process was killed while it wrote it. */
  #bad: UsageError | undefined;

  private constructor(
    file: string,
    run: Run,
    batches: AsyncGenerator<string[]>,
    lines: string[],
    number: number,
  ) {
    this.file = file;
    this.run = run;
    this.#batches = batches;
    this.#lines = lines;
    this.number = number;
  }

  static async open(file: string): Promise<Part> {
    const batches = lineBatches(file);
    let number = 0;
    for (let batch = await batches.next(); !batch.done; batch = await batches.next()) {
      const lines = batch.value;
      const at = lines.findIndex(line => line.startsWith('{'));
      number += at === -1 ? lines.length : at + 1;
      if (at === -1) continue;
      const run = Part.#first(file, number, lines[at] ?? '');
      const part = new Part(file, run, batches, lines.slice(at + 1), number);
      await part.fill();
      return part;
    }
    throw new UsageError(`${file}: expected a history, found no line of one`);
  }

  static #first(file: string, number: number, line: string): Run {
    try {
      return firstLine(line);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      throw new UsageError(`${file}:${number}: ${error.message}`);
    }
  }

  /** True if the file has no more events. */
  get empty(): boolean {
    return this.#next === undefined;
  }

  /** Wall-clock time of the next event, microseconds. An event without a time comes before those of all other files. */
  get at(): number {
    return this.#at;
  }

  get remarks(): string[] {
    const passed =
      this.#passed === 0 ? [] : [`${this.file}: ${this.#passed} lines are not part of a history`];
    const cut = this.finish === undefined ? [`${this.file} has no last line: this part is incomplete`] : [];
    const bad =
      this.#bad === undefined ? [] : [`${this.#bad.message}: the line is incomplete, and was left out`];
    return [...passed, ...bad, ...cut];
  }

  take(): Event {
    const event = this.#next;
    if (event === undefined) throw new Error('expected an event: check `empty` before `take`');
    this.#next = undefined;
    this.#advance();
    return event;
  }

  /** Reads the next batch of lines when the current batch is used up. */
  async fill(): Promise<void> {
    this.#advance();
    while (this.empty) {
      const { value, done } = await this.#batches.next();
      if (done) return;
      this.#lines = value;
      this.#advance();
    }
  }

  #advance(): void {
    while (this.#next === undefined) {
      const line = this.#lines.shift();
      if (line === undefined) return;
      this.number++;
      if (this.#bad !== undefined) throw this.#bad;
      if (line.startsWith('{')) this.#parse(line);
      else if (line !== '') this.#passed++;
    }
  }

  #parse(line: string): void {
    let event: Event;
    try {
      event = parseEvent(line);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      const wrong = new UsageError(`${this.file}:${this.number}: ${error.message}`);
      if (!(error instanceof CutLineError)) throw wrong;
      this.#bad = wrong;
      return;
    }
    if (event.type === 'clock') this.#bases.set(event.clock, Date.parse(event.base) * 1000);
    this.#next = event;
    this.#at = this.#timeOf(event);
  }

  #timeOf(event: Event): number {
    if (event.type === 'op' || event.type === 'start') return this.#placed(event.clock, event.call);
    if (event.type === 'session' || event.type === 'finish') return this.#placed(event.clock, event.at);
    // The end of an operation has no clock. It gets the time of the event before it in the same file.
    return event.type === 'end' ? this.#at : Number.NEGATIVE_INFINITY;
  }

  #placed(clock: string, time: number): number {
    return (this.#bases.get(clock) ?? 0) + time;
  }
}
