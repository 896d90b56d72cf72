/**
 * `npm run bench:k6`: measures k6's CPU time for loadtests/dashboard.ts, for the same script without Baton's judge,
 * and for a plain script. REQUESTS (default 100000) is the length of a run, RUNS (default 3) the number of runs, of
 * which the fastest counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalStack } from '../stack/local.ts';
import { findK6 } from '../verify/k6.ts';

const REQUESTS = Number(process.env['REQUESTS'] || 100_000);
const RUNS = Number(process.env['RUNS'] || 3);
const USERS = 10;

interface Variant {
  name: string;
  script: string;
  flags: readonly string[];
  env: Readonly<Record<string, string>>;
}

const pathOf = (script: string): string => fileURLToPath(new URL(script, import.meta.url));

/** Runs a script. Returns the CPU time of k6 (user and system), seconds. */
function cpuOf(program: string, url: string, { script, flags, env }: Variant): number {
  const load = ['--vus', `${USERS}`, '--iterations', `${REQUESTS}`, '--duration', '60m'];
  const command = [program, 'run', '--quiet', '--no-usage-report', ...load, ...flags, script];
  // Node does not report the CPU time of a child process, but the `time` of bash does.
  const { stderr, status } = spawnSync('bash', ['-c', 'time "$@" >/dev/null 2>&1', 'bash', ...command], {
    env: { ...process.env, TIMEFORMAT: '%U %S', LC_ALL: 'C', BASE_URL: url, HISTORY: '', ...env },
    encoding: 'utf8',
  });
  if (status === 0) return seconds(stderr);
  const hint =
    status === 99 ? `; ${REQUESTS} requests may give insufficient evidence: set REQUESTS to more` : '';
  throw new Error(`k6 run ${script}: expected exit code 0, got ${status}${hint}`);
}

/** @param times output of bash's `time` */
function seconds(times: string): number {
  return times
    .trim()
    .split(' ')
    .reduce((sum, time) => sum + Number(time), 0);
}

async function bench(program: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'));
  const lines = ['--console-output', join(folder, 'history.ndjson'), '--log-format', 'raw'];
  const judged = pathOf('../loadtests/dashboard.ts');
  const variants: Variant[] = [
    { name: 'the same script, unjudged', script: pathOf('k6/unjudged.ts'), flags: [], env: {} },
    { name: 'by hand, two plain checks', script: pathOf('k6/plain.ts'), flags: [], env: {} },
    { name: 'judged', script: judged, flags: [], env: {} },
    { name: 'judged, with a history', script: judged, flags: lines, env: { HISTORY: '1' } },
  ];
  const stack = await startLocalStack({ port: 'any' });
  const least = variants.map(() => Number.POSITIVE_INFINITY);
  try {
    for (let i = 0; i < RUNS; i++) {
      variants.forEach((variant, at) => {
        least[at] = Math.min(least[at] ?? 0, cpuOf(program, stack.url, variant));
      });
    }
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true });
  }
  const [unjudged = 1] = least;
  return variants.map(({ name }, at) => {
    const seconds = least[at] ?? 0;
    const each = ((seconds / REQUESTS) * 1000).toFixed(3);
    return `| ${name} | ${seconds.toFixed(1)} s | ${each} ms | ${(seconds / unjudged).toFixed(2)} |`;
  });
}

const k6 = await findK6(process.env);
if (k6 === undefined) {
  process.stderr.write('expected k6 on the PATH, found none: install it, or set K6 to its path\n');
  process.exitCode = 69;
} else {
  try {
    const rows = await bench(k6.program);
    const head = `| ${REQUESTS} requests, k6 ${k6.version} | CPU | a request | times |\n|---|---|---|---|`;
    process.stdout.write(`${head}\n${rows.join('\n')}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
