/** Judges a history file line by line, so that it can have any length. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from './core/checks/check.ts';
import { CHECKS } from './core/checks/index.ts';
import { FORMAT, type Run, VERSION } from './core/history/history.ts';
import { CutLineError, HistoryError, parseEvent } from './core/history/parse.ts';
import type { Result } from './core/result/result.ts';
import { Judge } from './core/timeline/judge.ts';
import { UsageError } from './errors.ts';
import { eachLine } from './lines.ts';
import { ServedLater } from './served-later.ts';

export const HISTORY = 'history.ndjson';

/**
 * Judges the history of one run.
 *
 * @param path a history file, or the folder of a run that contains one
 * @param checks the checks to judge by; all of them by default
 * @param logs facts from access logs that the history does not contain
 * @throws UsageError with file and line when the file is not a history. An incomplete last line only gives a remark
 */
export async function judgeFile(
  path: string,
  checks: readonly Check[] = CHECKS,
  logs?: ServedLater,
): Promise<Result> {
  const file = await historyIn(path);
  const reading: Reading = {
    file,
    checks,
    logs: logs ?? (await ServedLater.within(file)),
    number: 0,
    run: undefined,
    judge: undefined,
    bad: undefined,
  };
  await eachLine(file, line => read(reading, line));
  const { judge, bad } = reading;
  if (judge === undefined) throw new UsageError(`${file}: expected a history, and the file is empty`);
  return judge.finish(
    bad === undefined ? [] : [`line ${bad.number} is incomplete (${bad.error.message}) and was left out`],
  );
}

interface Reading {
  file: string;
  checks: readonly Check[];
  logs: ServedLater | undefined;
  run: Run | undefined;
  /** Number of the last line that was read, from 1. */
  number: number;
  judge: Judge | undefined;
  /** A line that is not JSON. If it is the last line, it is ignored: the process was killed while it wrote it. */
  bad: { number: number; error: HistoryError } | undefined;
}

function read(reading: Reading, line: string): void {
  const number = ++reading.number;
  if (reading.bad !== undefined) throw broken(reading.file, reading.bad);
  if (line === '') return;
  try {
    const { judge, logs, run } = reading;
    if (judge === undefined || run === undefined) begin(reading, firstLine(line));
    else if (logs === undefined) judge.step(parseEvent(line));
    else for (const event of logs.events(parseEvent(line), run)) judge.step(event);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    const cut = error instanceof CutLineError && reading.judge !== undefined;
    if (!cut) throw broken(reading.file, { number, error });
    reading.bad = { number, error };
  }
}

function begin(reading: Reading, run: Run): void {
  reading.run = run;
  reading.judge = new Judge(reading.logs?.run(run) ?? run, reading.checks);
}

export async function historyIn(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return path;
    const inside = join(path, HISTORY);
    await stat(inside);
    return inside;
  } catch (error) {
    throw new UsageError(
      `${path}: expected a history file or the folder of a run with a ${HISTORY} in it, and there is none ` +
        `(${(error as NodeJS.ErrnoException).code}). Runs are kept under runs/`,
    );
  }
}

/** @throws HistoryError when the line is not the first line of a history that this version can judge */
export function firstLine(line: string): Run {
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

/** Returns format and version. They are read before the other fields, because another version may have other fields. */
function headOf(line: string): { format?: unknown; version?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

const broken = (file: string, { number, error }: { number: number; error: Error }): UsageError =>
  new UsageError(`${file}:${number}: ${error.message}`);
