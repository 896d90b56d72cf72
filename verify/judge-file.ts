/** Judges the recorded history of a run, or its parts from several machines or workers. */
import type { Check } from './core/checks/check.ts';
import { CHECKS } from './core/checks/index.ts';
import type { Event, Finish } from './core/history/history.ts';
import type { Result } from './core/result/result.ts';
import { Judge } from './core/timeline/judge.ts';
import { UsageError } from './errors.ts';
import { HistoryReader, partsIn } from './history-reader.ts';
import { ServedLater } from './served-later.ts';

/**
 * Judges the history of one run.
 *
 * @param path a history file, or the folder of a run
 * @param checks all by default
 * @param given access logs that the user names on the command line
 * @throws UsageError with file and line if the file is not a history
 */
export async function judgeFile(
  path: string,
  checks: readonly Check[] = CHECKS,
  given?: ServedLater,
): Promise<Result> {
  const parts = given === undefined ? await partsIn(path) : [];
  if (parts.length > 0) return judgeFiles(parts, checks);
  const logs = given ?? (await ServedLater.within(path));
  const reader = await HistoryReader.open(path);
  const { run } = reader;
  const judge = reader.judge(() => new Judge(logs?.run(run) ?? run, checks));
  await reader.each(event => {
    if (logs === undefined) judge.step(event);
    else for (const one of logs.events(event, run)) judge.step(one);
  });
  return judge.finish(reader.remarks);
}

/** Reasons for the end of a run, from best to worst. */
const REASONS: readonly Finish['reason'][] = ['complete', 'interrupted', 'failed'];

/**
 * Judges the parts of one run from several k6 machines, merged by time. Events on two machines that are close in time
 * have no order (see `uncertainty` in docs/history.md). Skips other output of k6.
 *
 * @throws UsageError with file and line if a line is wrong, the files are not from one run, or two files use one clock
 */
export async function judgeFiles(
  paths: readonly string[],
  checks: readonly Check[] = CHECKS,
): Promise<Result> {
  const { first, parts } = await partsOf(paths);
  const judge = first.reader.judge(run => new Judge(run, checks));
  const finish = await merge(parts, event => judge.step(event));
  if (finish !== undefined) judge.step(finish);
  return judge.finish(parts.flatMap(({ remarks }) => remarks));
}

/**
 * Merges the histories of a run's workers by time.
 *
 * @param write called with each event, in order
 * @throws UsageError with file and line if a line is wrong, or the histories are not from one run
 */
export async function mergeFiles(paths: readonly string[], write: (event: Event) => void): Promise<void> {
  const { first, parts } = await partsOf(paths);
  write(first.reader.run);
  const finish = await merge(parts, write);
  if (finish === undefined) return;
  const remarks = parts.flatMap(part => part.finish?.remarks ?? []);
  write(remarks.length === 0 ? finish : { ...finish, remarks });
}

async function partsOf(paths: readonly string[]): Promise<{ first: Part; parts: Part[] }> {
  const parts = await Promise.all(paths.map(async path => new Part(await HistoryReader.open(path, 'mixed'))));
  const [first] = parts;
  if (first === undefined) throw new UsageError('expected at least one history');
  for (const part of parts) assertSameRun(part, first);
  return { first, parts };
}

/**
 * Returns the last line of the merged history, with the worst reason of all parts. Returns undefined if one part has no
 * last line.
 */
async function merge(parts: readonly Part[], take: (event: Event) => void): Promise<Finish | undefined> {
  const owners = new Map<string, Part>();
  for (let part = earliest(parts); part !== undefined; part = earliest(parts)) {
    if (part.reader.next?.type === 'clock') assertOwnClock(part.reader.next.clock, part, owners);
    part.take(take);
    await part.fill();
  }
  const [last] = parts.map(({ finish }) => finish).toSorted((a, b) => badness(b) - badness(a));
  return parts.every(({ finish }) => finish !== undefined) ? last : undefined;
}

const badness = (finish: Finish | undefined): number =>
  finish === undefined ? -1 : REASONS.indexOf(finish.reason);

function earliest(parts: readonly Part[]): Part | undefined {
  let found: Part | undefined;
  for (const part of parts)
    if (part.reader.next !== undefined && (found === undefined || part.at < found.at)) found = part;
  return found;
}

function assertSameRun({ reader: { file, run } }: Part, { reader: first }: Part): void {
  if (run.run === first.run.run && run.canary === first.run.canary) return;
  throw new UsageError(
    `${file}: expected a history of run ${first.run.run}, as in ${first.file}, got a history of run ${run.run}: ` +
      'judge runs one by one, or give all k6 processes of a run the same RUN and RUN_KEY (docs/k6.md)',
  );
}

function assertOwnClock(clock: string, part: Part, owners: Map<string, Part>): void {
  const owner = owners.get(clock);
  if (owner !== undefined) {
    throw new UsageError(
      `${part.reader.file}: the clock "${clock}" is used in ${owner.reader.file}, too: expected each k6 process of ` +
        'a run to have different virtual users, by --execution-segment (docs/k6.md)',
    );
  }
  owners.set(clock, part);
}

class Part {
  readonly reader: HistoryReader;
  finish: Finish | undefined;
  /** Wall-clock time of the next event, microseconds. An event without a time has -∞, so that it comes first. */
  at = Number.NEGATIVE_INFINITY;
  readonly #bases = new Map<string, number>();

  constructor(reader: HistoryReader) {
    this.reader = reader;
    this.#place();
  }

  get remarks(): string[] {
    const { file, remarks } = this.reader;
    const cut =
      this.finish === undefined ? [`${file} has no line that ends the history: this part is incomplete`] : [];
    return [...remarks.map(remark => `${file}: ${remark}`), ...cut];
  }

  /** Does not pass the last line of a part to the judge, because the remaining parts may have later events. */
  take(judge: (event: Event) => void): void {
    this.reader.step(event => {
      if (event.type === 'finish') this.finish = event;
      else judge(event);
    });
    this.#place();
  }

  async fill(): Promise<void> {
    if (this.reader.next !== undefined) return;
    await this.reader.fill();
    this.#place();
  }

  #place(): void {
    const event = this.reader.next;
    if (event === undefined) return;
    if (event.type === 'clock') this.#bases.set(event.clock, Date.parse(event.base) * 1000);
    this.at = this.#timeOf(event);
  }

  #timeOf(event: Event): number {
    if (event.type === 'op' || event.type === 'start') return this.#wallTime(event.clock, event.call);
    if (event.type === 'session' || event.type === 'finish') return this.#wallTime(event.clock, event.at);
    // The line `end` has no time of its own, so it gets the time of the line before it.
    return event.type === 'end' ? this.at : Number.NEGATIVE_INFINITY;
  }

  #wallTime(clock: string, time: number): number {
    return (this.#bases.get(clock) ?? 0) + time;
  }
}
