/** Parses option values. Each function throws a UsageError with the expected and the given value. */
import { statSync } from 'node:fs';
import { type InstanceOptions, RUNNERS, type Runner } from '../../stack/stack.ts';
import type { LogSource } from '../client/logs.ts';
import { UsageError } from '../errors.ts';
import { type Wanted, wantedFaults } from '../faults/index.ts';
import { ownFaults } from '../faults/own/index.ts';
import { foreignLog, logFolder } from '../import/log-file.ts';
import type { Target } from '../target/load.ts';
import type { Rate } from '../workloads/arrivals.ts';

export function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(
    `${option}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`,
  );
}

/** Parses `--rate`, actions per second: `200`, or `50..500` for a rate that rises from 50 to 500. */
export function rate(text: string | undefined): Rate | undefined {
  if (text === undefined) return undefined;
  const [, from, to = from] = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (Number(from) > 0 && Number(to) > 0) return { from: Number(from), to: Number(to) };
  throw new UsageError(
    `--rate: expected actions per second such as 200, or 50..500 for a rate that changes, got ${JSON.stringify(text)}`,
  );
}

/** Parses a time such as 500ms, 10s or 2m, and returns milliseconds. A number without a unit means seconds. */
export function milliseconds(text: string, option = '--duration'): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const value = Number(number) * { ms: 1, s: 1e3, m: 6e4, h: 36e5 }[unit as 'ms'];
  if (value > 0) return value;
  throw new UsageError(`${option}: expected a time such as 10s, 2m or 500ms, got ${JSON.stringify(text)}`);
}

/**
 * Returns how `--stack` runs the bundled stack. Refuses `--url` and `--logs`, because the stack has its own address and
 * logs.
 */
export function runnerOf({
  stack,
  url,
  logs,
  k6,
}: Partial<Record<'stack' | 'url' | 'logs', string>> & { k6?: boolean }): Runner | undefined {
  if (stack === undefined && k6)
    throw new UsageError('--k6: expected --stack local too, because k6 loads the bundled stack');
  if (stack === undefined) return undefined;
  const runner = RUNNERS.find(name => name === stack);
  if (runner === undefined) throw new UsageError(`--stack: expected ${RUNNERS.join(' or ')}, got ${stack}`);
  if (url === undefined && logs === undefined) return runner;
  throw new UsageError('--stack: expected no --url and no --logs, because the bundled stack has its own');
}

export function faultsOf(
  { faults, stack }: Partial<Record<'faults' | 'stack', string>>,
  target: Target,
): Wanted | undefined {
  if (faults === undefined) return undefined;
  const own = ownFaults(target, process.env);
  if (stack !== undefined) return wantedFaults(faults, own);
  if (own.length > 0) return wantedFaults(faults, own, []);
  throw new UsageError(
    '--faults: the target file does not say what can be disturbed; add `faults` to it (docs/faults.md), ' +
      'or disturb the bundled stack: --stack local',
  );
}

/** Parses `--next`: environment variables of the app's next version, for the fault rolling-deploy. */
export function nextVersion(text: string | undefined): InstanceOptions | undefined {
  if (text === undefined) return undefined;
  const pairs = text.split(',').map(pair => /^(\w+)=(.*)$/.exec(pair));
  if (pairs.some(pair => pair === null))
    throw new UsageError(`--next: expected NAME=VALUE,…, got ${JSON.stringify(text)}`);
  return { env: Object.fromEntries(pairs.map(pair => [pair?.[1] ?? '', pair?.[2] ?? ''])) };
}

/**
 * Checks an http or https address, and removes a final `/`.
 *
 * @param option the option or command, for the error
 */
export function address(text: string, option = '--url'): string {
  const url = URL.parse(text);
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) {
    if (url.search === '' && url.hash === '') return text.replace(/\/+$/, '');
    throw new UsageError(
      `${option}: expected an address without a query, got ${JSON.stringify(text)}: write ${url.origin}${url.pathname}`,
    );
  }
  throw new UsageError(
    `${option}: expected an address such as http://127.0.0.1:8080, got ${JSON.stringify(text)}`,
  );
}

/**
 * Returns the address of `--url`. If it has no path, adds the path from the target file.
 *
 * @param file the address in the target file
 */
export function addressOf(text: string, file: string): string {
  const given = address(text);
  const { pathname } = new URL(given);
  return pathname === '/' ? given + new URL(file).pathname.replace(/\/+$/, '') : given;
}

/** Parses `--logs`: a folder as in docs/compose.md, or a comma-separated list of `FILE` or `NAME=FILE`. */
export function logsIn(text: string | undefined): LogSource[] {
  if (text === undefined) return [];
  const files = text.split(',').map(one => /^(?:([\w.-]+)=)?(.+)$/.exec(one));
  const isFile = (file = ''): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (files.every(match => isFile(match?.[2])))
    return files.map(match => foreignLog(match?.[2] ?? '', match?.[1]));
  try {
    return logFolder(text);
  } catch (error) {
    throw new UsageError(`--logs: ${(error as Error).message}`);
  }
}
