/** Lists, shows and opens recorded runs: `baton runs`, `baton report` and `baton open`. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Check } from '../core/checks/check.ts';
import { COMMAND } from '../core/command.ts';
import type { Result } from '../core/result/result.ts';
import { EXIT, UsageError } from '../errors.ts';
import { HISTORY } from '../history-reader.ts';
import { judgeFile } from '../judge-file.ts';
import { REPORTS } from '../reports/index.ts';
import { printable } from '../reports/printable.ts';
import { conclusion } from '../reports/report.ts';
import type { OptionValues } from './options.ts';
import type { Output } from './output.ts';
import { PAGE, reportsOf, writeReports } from './reports.ts';
import { serveReports } from './serve.ts';
import { TARGET } from './tables/shared.ts';

async function namesIn(out: string): Promise<string[]> {
  const names = await readdir(out).catch(() => []);
  return names.filter(name => existsSync(join(out, name, HISTORY))).sort();
}

/** @param run a path, or the name of a run in `out`; undefined for the latest run */
async function folderOf(run: string | undefined, out: string): Promise<string> {
  if (run !== undefined) {
    const found = [run, join(out, run)].find(path => existsSync(join(path, HISTORY)));
    if (found !== undefined) return found;
    throw new UsageError(
      `${run}: expected the folder of a run, or the name of a run in ${out}/; see: ${COMMAND} runs`,
    );
  }
  const latest = (await namesIn(out)).at(-1);
  if (latest !== undefined) return join(out, latest);
  throw new UsageError(`${out}: expected folders of runs, found none: make a run with ${COMMAND} verify`);
}

/** Returns undefined if result.json is missing, or if another version of Baton wrote it. */
async function resultIn(folder: string): Promise<Result | undefined> {
  try {
    const result = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')) as Result | null;
    return result?.format === 'baton-result' && result.version === 1 ? result : undefined;
  } catch {
    return undefined;
  }
}

async function write(folder: string, report: string, output: Output): Promise<void> {
  const result = (await resultIn(folder)) ?? (await judgeFile(folder));
  const replay = (check: Check) => judgeFile(folder, [check]);
  await writeReports(
    reportsOf([report]),
    { result, comparison: undefined, base: [], replay },
    TARGET,
    output,
  );
}

export async function runsCommand({ out }: OptionValues<'runs'>, output: Output): Promise<number> {
  const names = await namesIn(out);
  if (names.length === 0) output.progress.write(`${out}: no runs yet; ${COMMAND} verify makes one\n`);
  for (const name of names) {
    const result = await resultIn(join(out, name));
    const [started, judgement, found] =
      result === undefined
        ? ['', 'not judged', `see what it shows: ${COMMAND} check ${join(out, name)}`]
        : [
            result.started.slice(0, 16).replace('T', ' '),
            result.judgement,
            `${printable(result.target)}: ${conclusion(result)}`,
          ];
    output.result.write(`${name.padEnd(23)}  ${started.padEnd(16)}  ${judgement.padEnd(10)}  ${found}\n`);
  }
  return EXIT.valid;
}

export async function reportCommand(
  run: string | undefined,
  { out, format, file }: OptionValues<'report'>,
  output: Output,
): Promise<number> {
  if (!Object.hasOwn(REPORTS, format))
    throw new UsageError(
      `report --format: expected one of ${Object.keys(REPORTS).join(', ')}, got ${JSON.stringify(format)}`,
    );
  await write(await folderOf(run, out), `${format}=${file}`, output);
  return EXIT.valid;
}

export async function openCommand(
  run: string | undefined,
  { out, serve }: OptionValues<'open'>,
  output: Output,
): Promise<number> {
  if (serve !== undefined) {
    if (run !== undefined)
      throw new UsageError('open --serve: expected no name of a run, because it serves all runs in --out');
    const page = (folder: string, file: string) => write(folder, `html=${file}`, output);
    return await serveReports(out, serve, () => namesIn(out), page, output);
  }
  const folder = await folderOf(run, out);
  const page = resolve(folder, PAGE);
  await write(folder, `html=${page}`, output);
  output.result.write(`${page}\n`);
  openInBrowser(page);
  return EXIT.valid;
}

function openInBrowser(page: string): void {
  if (process.env['CI']) return;
  const [program = '', ...args] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[
    process.platform as 'darwin'
  ] ?? ['xdg-open'];
  const opener = spawn(program, [...args, page], { detached: true, stdio: 'ignore' });
  opener.on('error', () => {});
  opener.unref();
}
