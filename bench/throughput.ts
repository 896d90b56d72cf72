/** Measures the speed and the memory of Baton's judge, for events from memory and from files. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check } from '../verify/core/checks/check.ts';
import { CHECKS } from '../verify/core/checks/index.ts';
import type { Event } from '../verify/core/history/history.ts';
import { parseEvent } from '../verify/core/history/parse.ts';
import { alike } from '../verify/core/objects/models.ts';
import { Judge } from '../verify/core/timeline/judge.ts';
import { judgeFile } from '../verify/judge-file.ts';
import { eachLine } from '../verify/lines.ts';
import { history, run } from './generate.ts';

const RUNS = 7;
const OPERATIONS = 300_000;
const SESSIONS = 1_000;

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Elapsed time, and processor time of all threads, milliseconds. */
interface Times {
  clock: number;
  processor: number;
}

/** Returns median times, after a warm-up. */
async function timed<T>(prepare: () => T, work: (prepared: T) => unknown): Promise<Times> {
  const clock: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i <= RUNS; i++) {
    const prepared = prepare();
    const from = performance.now();
    const before = process.cpuUsage();
    await work(prepared);
    const { user, system } = process.cpuUsage(before);
    if (i === 0) continue;
    clock.push(performance.now() - from);
    processor.push((user + system) / 1000);
  }
  return { clock: median(clock), processor: median(processor) };
}

const isOperation = (event: Event): boolean => event.type === 'op' || event.type === 'end';
const WITHOUT_SEARCH = CHECKS.filter(check => check.guarantee !== 'linearizability');

function judgeAll(events: readonly Event[], checks: readonly Check[]): void {
  const judge = new Judge(run, checks);
  for (const event of events) judge.step(event);
  judge.finish();
}

/**
 * Returns a table that compares the judge with JSON.parse: each reads the same lines. Speeds are in thousands of lines
 * per second.
 */
export async function speedBench(): Promise<string[]> {
  const events = [...history(OPERATIONS, SESSIONS)];
  const operations = events.filter(isOperation).length;
  const lines = [run, ...events].map(event => JSON.stringify(event));
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'));
  const file = join(folder, 'history.ndjson');
  write(file, lines);
  // The judge can change the events, so each run needs a copy.
  const copy = () => lines.slice(1).map(line => JSON.parse(line) as Event);
  const nothing = () => undefined;
  const rows: [what: string, unit: string, count: number, Times][] = [];
  const row = (what: string, times: Times): void => void rows.push([what, 'operations', operations, times]);
  const lineRow = (what: string, times: Times): void => void rows.push([what, 'lines', lines.length, times]);
  row('all checks but the search, from memory', await timed(copy, all => judgeAll(all, WITHOUT_SEARCH)));
  row('all checks, from memory', await timed(copy, all => judgeAll(all, CHECKS)));
  row('all checks but the search, from a file', await timed(nothing, () => judgeFile(file, WITHOUT_SEARCH)));
  row('all checks, from a file', await timed(nothing, () => judgeFile(file)));
  row('only comparing each read with the one before it, from memory', await timed(copy, compared));
  lineRow('eachLine alone', await timed(nothing, () => eachLine(file, () => undefined)));
  lineRow('JSON.parse alone', await timed(nothing, () => lines.forEach(line => void JSON.parse(line))));
  lineRow('JSON.parse alone, all kept', await timed(nothing, () => lines.map(line => JSON.parse(line))));
  lineRow('parseEvent alone', await timed(nothing, () => lines.forEach(line => void parseEvent(line))));
  rmSync(folder, { recursive: true });
  return [described(events, lines), '', ...table(rows)];
}

/** Counts differences between consecutive reads. Every judge of reads must do at least this work. */
function compared(events: readonly Event[]): number {
  const last = new Map<string, readonly string[]>();
  let differ = 0;
  for (const event of events) {
    if (event.type !== 'op' || event.object === undefined || event.saw === undefined) continue;
    if (!alike(last.get(event.object) ?? [], event.saw)) differ++;
    last.set(event.object, event.saw);
  }
  return differ;
}

function described(events: readonly Event[], lines: readonly string[]): string {
  const reads = events.flatMap(event => (event.type === 'op' && event.saw !== undefined ? [event.saw] : []));
  const values = reads.reduce((sum, saw) => sum + saw.length, 0) / reads.length;
  const bytes = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  return (
    `${lines.length} lines of ${bytes.toFixed(0)} bytes, ${reads.length} reads ` +
    `of ${values.toFixed(1)} values on average`
  );
}

const table = (rows: readonly [string, string, number, Times][]): string[] => [
  '| what | unit | thousands a second | processor, ns each |',
  '|---|---|--:|--:|',
  ...rows.map(
    ([what, unit, count, { clock, processor }]) =>
      `| ${what} | ${unit} | ${(count / clock).toFixed(0)} | ${((1e6 * processor) / count).toFixed(0)} |`,
  ),
];

function write(file: string, lines: readonly string[]): void {
  const descriptor = openSync(file, 'w');
  for (let i = 0; i < lines.length; i += 10_000)
    writeSync(descriptor, `${lines.slice(i, i + 10_000).join('\n')}\n`);
  closeSync(descriptor);
}

/** Prints the peak memory of this process. */
function judgeGenerated(operations: number, sessions: number): void {
  const judge = new Judge(run, CHECKS);
  for (const event of history(operations, sessions)) judge.step(parseEvent(JSON.stringify(event)));
  const { tally } = judge.finish();
  process.stdout.write(JSON.stringify({ operations: tally.operations, kilobytes: peakMemory() }));
}

const peakMemory = (): number =>
  Number(
    /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? process.memoryUsage().rss / 1024,
  );

/** Returns a table of the peak memory of a process that judges 10,000 sessions with all checks. */
export function memoryBench(): string[] {
  const rows = [1, 3, 10].map(millions => {
    const args = [import.meta.filename, '--judge', String(millions * 1e6), '10000'];
    const { operations, kilobytes } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    return `| ${(operations / 1e6).toFixed(1)} million | ${(kilobytes / 1024).toFixed(0)} |`;
  });
  return ['| operations | peak memory, MB |', '|---|--:|', ...rows];
}

if (process.argv[1] === import.meta.filename && process.argv[2] === '--judge') {
  judgeGenerated(Number(process.argv[3]), Number(process.argv[4]));
}
