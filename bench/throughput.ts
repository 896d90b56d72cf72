/** How fast the judge is, from memory and from a file, and how much memory it takes for long histories. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKS } from '../verify/core/checks/index.ts';
import type { Event } from '../verify/core/history.ts';
import { Judge } from '../verify/core/judge.ts';
import { parseEvent } from '../verify/core/parse.ts';
import { judgeFile } from '../verify/judge-file.ts';
import { history, run } from './generate.ts';

const RUNS = 7;
const OPERATIONS = 300_000;
const SESSIONS = 1_000;

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Milliseconds of one call, the median of several after a warm-up. */
async function timed(prepare: () => unknown, work: (prepared: never) => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= RUNS; i++) {
    const prepared = prepare();
    const from = performance.now();
    await work(prepared as never);
    if (i > 0) times.push(performance.now() - from);
  }
  return median(times);
}

const isOperation = (event: Event): boolean => event.type === 'op' || event.type === 'end';
const searching = new Set(['linearizability']);

function judgeAll(events: readonly Event[], without: ReadonlySet<string>): void {
  const judge = new Judge(
    run,
    CHECKS.filter(check => !without.has(check.guarantee)),
  );
  for (const event of events) judge.step(event);
  judge.finish();
}

/** A table: thousands a second, the median of several runs, beside JSON.parse of the same lines in the same run. */
export async function speedBench(): Promise<string[]> {
  const events = [...history(OPERATIONS, SESSIONS)];
  const operations = events.filter(isOperation).length;
  const lines = [run, ...events].map(event => JSON.stringify(event));
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'));
  const file = join(folder, 'history.ndjson');
  write(file, lines);
  // Each run gets events of its own: the judge keeps some of them, and may move their times.
  const copy = () => lines.slice(1).map(line => JSON.parse(line) as Event);
  const parsing = await timed(
    () => lines,
    (all: string[]) => all.map(line => JSON.parse(line)),
  );
  const rows: [string, number, string][] = [
    [
      'all checks but the search, from memory',
      await timed(copy, (all: Event[]) => judgeAll(all, searching)),
      'operations',
    ],
    ['all checks, from memory', await timed(copy, (all: Event[]) => judgeAll(all, new Set())), 'operations'],
    ['all checks, from a file', await timed(() => file, judgeFile), 'operations'],
    ['JSON.parse alone', parsing, 'lines'],
    [
      'parseEvent alone',
      await timed(
        () => lines,
        (all: string[]) => all.map(parseEvent),
      ),
      'lines',
    ],
  ];
  rmSync(folder, { recursive: true });
  const told = rows.map(([what, ms, unit]) => {
    const count = unit === 'lines' ? lines.length : operations;
    return `| ${what} | ${unit} | ${(count / ms).toFixed(0)} |`;
  });
  return ['| what | unit | thousands a second |', '|---|---|--:|', ...told];
}

function write(file: string, lines: readonly string[]): void {
  const descriptor = openSync(file, 'w');
  for (let i = 0; i < lines.length; i += 10_000)
    writeSync(descriptor, `${lines.slice(i, i + 10_000).join('\n')}\n`);
  closeSync(descriptor);
}

/** Judges a generated history, every event as a parser leaves it, and says how much memory that took. */
function judgeGenerated(operations: number, sessions: number): void {
  const judge = new Judge(run, CHECKS);
  for (const event of history(operations, sessions)) judge.step(parseEvent(JSON.stringify(event)));
  const { tally } = judge.finish();
  process.stdout.write(JSON.stringify({ operations: tally.operations, kilobytes: peakMemory() }));
}

/** The most memory that this process has held, kilobytes. */
const peakMemory = (): number =>
  Number(
    /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? process.memoryUsage().rss / 1024,
  );

/** A table: the peak memory of a process that judges so many operations of 10,000 sessions, all checks. */
export function memoryBench(): string[] {
  const told = [1, 3, 10].map(millions => {
    const args = [import.meta.filename, '--judge', String(millions * 1e6), '10000'];
    const { operations, kilobytes } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    return `| ${(operations / 1e6).toFixed(1)} million | ${(kilobytes / 1024).toFixed(0)} |`;
  });
  return ['| operations | peak memory, MB |', '|---|--:|', ...told];
}

if (process.argv[1] === import.meta.filename && process.argv[2] === '--judge') {
  judgeGenerated(Number(process.argv[3]), Number(process.argv[4]));
}
