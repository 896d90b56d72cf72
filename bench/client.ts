/**
 * `npm run bench:client`: compares the requests per second of Baton, k6 and wrk. Each program runs on CPU core 0, and
 * nginx on core 1. SECONDS (default 5) is the length of a run, ROUNDS (default 3) the number of rounds. Needs nginx and
 * taskset.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolder, removeFolder, temporaryPath } from '../stack/watchdog.ts';
import { findK6 } from '../verify/k6.ts';
import { startNginx } from './client/nginx.ts';

const SECONDS = Number(process.env['SECONDS'] || 5);
const ROUNDS = Number(process.env['ROUNDS'] || 3);
const CONNECTIONS = 32;
const COOKIE = 'sid=user1.0123456789abcdef0123456789abcdef';

interface Figures {
  rate: number;
  /** CPU time per request, microseconds. */
  cpu: number;
}

type Program = (url: string) => Figures;

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Returns the output of the command, and its CPU time in seconds. */
function onCore(command: readonly string[], cores = '0'): { stdout: string; cpu: number } {
  // Node does not report the CPU time of a child process, but the `time` of bash does.
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['-c', 'exec 3>&2; time "$@" 2>&3', 'bash', 'taskset', '-c', cores, ...command],
    { env: { ...process.env, TIMEFORMAT: '%U %S', LC_ALL: 'C' }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${command.join(' ')}: expected exit code 0, got ${status}\n${stderr}`);
  const times = stderr.trim().split('\n').at(-1) ?? '';
  return { stdout, cpu: times.split(' ').reduce((sum, time) => sum + Number(time), 0) };
}

const wrk: Program = url => {
  const { stdout, cpu } = onCore([
    'wrk',
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${SECONDS}s`,
    '-H',
    `Cookie: ${COOKIE}`,
    `${url}/`,
  ]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return { rate: Number(/Requests\/sec:\s*([\d.]+)/.exec(stdout)?.[1]), cpu: (cpu * 1e6) / requests };
};

const k6 =
  (program: string): Program =>
  url => {
    const summary = join(folder, 'k6.json');
    const load = ['--vus', `${CONNECTIONS}`, '--duration', `${SECONDS}s`, '--env', `URL=${url}`];
    const quiet = ['--quiet', '--no-usage-report', '--summary-export', summary];
    const { cpu } = onCore([program, 'run', ...quiet, ...load, pathOf('k6/page.ts')]);
    const { count, rate } = JSON.parse(readFileSync(summary, 'utf8')).metrics.http_reqs;
    return { rate, cpu: (cpu * 1e6) / count };
  };

/**
 * @param workers number of threads. A second thread shares a core with nginx, so its request rate is not comparable
 * @param connections number of connections of all threads
 */
const baton =
  (workers: number, connections = CONNECTIONS): Program =>
  url => {
    const script = [pathOf('client/load.ts'), url, `${SECONDS}`, `${connections}`];
    const command = ['env', `WORKERS=${workers}`, process.execPath, ...script];
    const run = JSON.parse(onCore(command, workers === 1 ? '0' : '0,1').stdout);
    if (run.continuity !== 'valid')
      throw new Error(`expected Baton to judge continuity as valid, got ${run.continuity}`);
    process.stderr.write(`${JSON.stringify(run)}\n`);
    return { rate: run.requests / run.seconds, cpu: run.cpu };
  };

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function programs(): Promise<Map<string, Program>> {
  const all = new Map<string, Program>([
    ['baton', baton(1)],
    ['baton, 2 workers on both cores', baton(2)],
    ['baton, 2 workers on both cores, each with as many connections', baton(2, 2 * CONNECTIONS)],
  ]);
  const found = await findK6(process.env);
  if (found !== undefined) all.set(`k6 ${found.version}, two checks`, k6(found.program));
  if (spawnSync('wrk', ['-v']).error === undefined) all.set('wrk -t1', wrk);
  return all;
}

async function bench(url: string): Promise<string[]> {
  const all = await programs();
  const runs = new Map<string, Figures[]>([...all.keys()].map(name => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, program] of all) runs.get(name)?.push(program(url));
  const own = runs.get('baton') ?? [];
  return [...runs].map(([name, figures]) => {
    const times = (of: keyof Figures): number =>
      median(figures.map((one, i) => (own[i]?.[of] ?? Number.NaN) / one[of]));
    const [rate, cpu] = [median(figures.map(one => one.rate)), median(figures.map(one => one.cpu))];
    return `| ${name} | ${rate.toFixed(0)} | ${times('rate').toFixed(2)} | ${cpu.toFixed(1)} µs | ${times('cpu').toFixed(2)} |`;
  });
}

const folder = temporaryPath('baton-bench-client-');
makeFolder(folder);
try {
  const { url, stop } = await startNginx();
  try {
    const rows = await bench(url);
    const about = `${cpus()[0]?.model}, ${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections`;
    const head =
      '| program | requests/s | Baton’s, times | CPU a request | Baton’s, times |\n|---|---|---|---|---|';
    process.stdout.write(`${about}\n\n${head}\n${rows.join('\n')}\n`);
  } finally {
    await stop();
  }
} finally {
  removeFolder(folder);
}
