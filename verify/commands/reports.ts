/** Parses `--report FORMAT=FILE` and writes the reports. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import type { Comparison } from '../core/compare/compare.ts';
import { type Digest, digestOf } from '../core/compare/digest.ts';
import type { Result } from '../core/result/result.ts';
import { UsageError } from '../errors.ts';
import { nameOf } from '../reports/comparison.ts';
import { REPORTS } from '../reports/index.ts';
import type { Report, Source, View } from '../reports/report.ts';
import { claimLines } from '../target/claim-lines.ts';
import { type Replay, sideOf, viewOf } from '../view.ts';
import type { Output } from './output.ts';

/** Name of the HTML report in the folder of a run. */
export const PAGE = 'report.html';

interface RequestedReport {
  format: string;
  report: Report;
  /** Path of the file; `-` means stdout. */
  file: string;
}

export function reportsOf(values: readonly string[] = []): RequestedReport[] {
  return values.map(value => {
    const [, format = '', file = ''] = /^([^=]*)=(.*)$/.exec(value) ?? [];
    const found = Object.hasOwn(REPORTS, format) ? REPORTS[format] : undefined;
    if (found !== undefined && file !== '') return { format, report: found.report, file };
    const known = Object.keys(REPORTS).join(', ');
    throw new UsageError(
      `--report: expected FORMAT=FILE with one of ${known}, as in --report junit=junit.xml, got ${JSON.stringify(value)}`,
    );
  });
}

export interface Reported {
  result: Result;
  comparison: Comparison | undefined;
  base: readonly Digest[];
  /** Reads the history again, to draw the timeline; undefined for a history that Jepsen recorded. */
  replay: Replay | undefined;
}

/**
 * Writes the reports.
 *
 * @param target path of the target file, for reports that show in which line a claim is
 */
export async function writeReports(
  wanted: readonly RequestedReport[],
  reported: Reported,
  target: string,
  output: Output,
): Promise<void> {
  if (wanted.length === 0) return;
  const { result, comparison } = reported;
  const source: Source = {
    path: relative('', target).split(sep).join('/'),
    claims: await claimLines(target),
  };
  const drawn = wanted.some(({ format }) => format === 'html') ? await drawing(reported, output) : {};
  for (const { report, file } of wanted) {
    const text = report({ result, source, ...(comparison === undefined ? {} : { comparison }), ...drawn });
    if (file === '-') output.result.write(text);
    else await write(file, text);
  }
}

/** Returns nothing and prints a warning if esbuild is not installed. */
async function drawing(
  { result, comparison, base, replay }: Reported,
  { progress }: Output,
): Promise<{ view?: View }> {
  if (replay === undefined) return {};
  const sides =
    comparison === undefined
      ? undefined
      : [sideOf(nameOf(comparison.base), base), sideOf('this run', [digestOf(result)])];
  const view = await viewOf(result, replay, sides);
  if (view !== undefined) return { view };
  progress.write('html: written without timeline and plots, because esbuild is not installed here\n');
  return {};
}

export async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new UsageError(`${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
