/** Parses `--report FORMAT=FILE` and writes the reports. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import type { Comparison } from '../core/compare/compare.ts';
import type { Result } from '../core/result/result.ts';
import { UsageError } from '../errors.ts';
import { REPORTS } from '../reports/index.ts';
import type { Report, Source } from '../reports/report.ts';
import { claimLines } from '../target/claim-lines.ts';
import type { Output } from './output.ts';

interface Wanted {
  report: Report;
  /** Path of the file; `-` means stdout. */
  file: string;
}

/** Parses the values of --report: FORMAT=FILE. */
export function reportsOf(values: readonly string[] = []): Wanted[] {
  return values.map(value => {
    const [, format = '', file = ''] = /^([^=]*)=(.*)$/.exec(value) ?? [];
    const found = Object.hasOwn(REPORTS, format) ? REPORTS[format] : undefined;
    if (found !== undefined && file !== '') return { report: found.report, file };
    const known = Object.keys(REPORTS).join(', ');
    throw new UsageError(
      `--report: expected FORMAT=FILE with one of ${known}, as in --report junit=junit.xml, got ${JSON.stringify(value)}`,
    );
  });
}

/** @param target path of the target file: some reports point at its lines */
export async function writeReports(
  wanted: readonly Wanted[],
  { result, comparison }: { result: Result; comparison: Comparison | undefined },
  target: string,
  output: Output,
): Promise<void> {
  if (wanted.length === 0) return;
  const source: Source = {
    path: relative('', target).split(sep).join('/'),
    claims: await claimLines(target),
  };
  for (const { report, file } of wanted) {
    const text = report({ result, source, ...(comparison === undefined ? {} : { comparison }) });
    if (file === '-') output.result.write(text);
    else await write(file, text);
  }
}

export async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new UsageError(`${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
