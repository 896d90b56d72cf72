/** Judges several histories as one: those that several load machines left of the same run. */
import type { Check } from './core/check.ts';
import { CHECKS } from './core/checks/index.ts';
import type { Event, Finish, Run } from './core/history.ts';
import { Judge } from './core/judge.ts';
import { CutLineError, HistoryError, parseEvent } from './core/parse.ts';
import type { Result } from './core/result.ts';
import { UsageError } from './errors.ts';
import { firstLine, historyIn } from './judge-file.ts';
import { lineBatches } from './lines.ts';

/** What came last, by how bad it is. */
const REASONS: readonly Finish['reason'][] = ['complete', 'interrupted', 'failed'];

/**
 * The lines of all come in the order of their times, each file's in its own; what two machines did close together has
 * no order (see `uncertainty` in docs/history.md). Lines that are none of a history, such as what else a log has, are
 * passed over.
 *
 * @throws UsageError naming file and line; when they are not of one run; when two have the same clock
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

/** The one whose next line comes first. */
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
      `${part.file}: the clock "${clock}" is that of ${owner.file} too: expected each k6 of a run to have virtual ` +
        'users of its own, by --execution-segment (docs/k6.md)',
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

/** One of the files, as far as it is read. */
class Part {
  readonly file: string;
  readonly run: Run;
  finish: Finish | undefined;
  /** Of the next line, from 1. */
  number: number;
  readonly #batches: AsyncGenerator<string[]>;
  readonly #bases = new Map<string, number>();
  #lines: string[];
  #next: Event | undefined;
  #at = Number.NEGATIVE_INFINITY;
  #passed = 0;
  /** A bad line is forgiven if nothing follows it: a kill cut it. */
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
    throw new UsageError(`${file}: expected a history, and there is no line of one in it`);
  }

  static #first(file: string, number: number, line: string): Run {
    try {
      return firstLine(line);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      throw new UsageError(`${file}:${number}: ${error.message}`);
    }
  }

  /** Whether nothing more is to be taken. */
  get empty(): boolean {
    return this.#next === undefined;
  }

  /** Wall-clock time of the next event, microseconds; before all others for a line that has none. */
  get at(): number {
    return this.#at;
  }

  get remarks(): string[] {
    const passed = this.#passed === 0 ? [] : [`${this.file}: ${this.#passed} lines are none of a history`];
    const cut = this.finish === undefined ? [`${this.file} has no last line: that part was cut off`] : [];
    const bad = this.#bad === undefined ? [] : [`${this.#bad.message}: the line is cut, and was left out`];
    return [...passed, ...bad, ...cut];
  }

  take(): Event {
    const event = this.#next;
    if (event === undefined) throw new Error('expected to be asked only while there is something');
    this.#next = undefined;
    this.#advance();
    return event;
  }

  /** Reads on, when there is nothing left. */
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
    // An end has no clock of its own: it comes when its file comes to it.
    return event.type === 'end' ? this.#at : Number.NEGATIVE_INFINITY;
  }

  #placed(clock: string, time: number): number {
    return (this.#bases.get(clock) ?? 0) + time;
  }
}
