/**
 * `npm run bench:k6`: what the checks of loadtests/dashboard.ts cost, in CPU time of k6, beside the same script without
 * them, and beside a script by hand that sends the same and has two plain checks, in turn against one stack. Needs k6.
 * REQUESTS (100000) is how many each run makes, RUNS (3) how many there are of each; the least of them counts, since
 * other work on the machine only adds, and so does the first run of all, in which nothing is warm.
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

/** @returns seconds of CPU that k6 took for one run, in its own code and the kernel's */
function cpuOf(program: string, url: string, { script, flags, env }: Variant): number {
  const load = ['--vus', `${USERS}`, '--iterations', `${REQUESTS}`, '--duration', '60m'];
  const command = [program, 'run', '--quiet', '--no-usage-report', ...load, ...flags, script];
  // Node tells the CPU time of no child by itself; bash does.
  const { stderr, status } = spawnSync('bash', ['-c', 'time "$@" >/dev/null 2>&1', 'bash', ...command], {
    env: { ...process.env, TIMEFORMAT: '%U %S', LC_ALL: 'C', BASE_URL: url, HISTORY: '', ...env },
    encoding: 'utf8',
  });
  if (status === 0) return seconds(stderr);
  const hint =
    status === 99 ? `; with ${REQUESTS} requests there may be too little evidence: set REQUESTS to more` : '';
  throw new Error(`k6 run ${script}: expected exit code 0, got ${status}${hint}`);
}

/** @param told user and system time, as bash tells them */
function seconds(told: string): number {
  return told
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
  process.stderr.write('k6 is not on the PATH: name it with K6=path\n');
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
