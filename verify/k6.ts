/** Finds the user's k6, on the PATH or by K6=path, and runs it against a system that is already running. */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Judgement } from './core/result/verdict.ts';
import { UnavailableError, UsageError } from './errors.ts';

export interface K6 {
  /** Path of the k6 program, or its name on the PATH. */
  program: string;
  /** Version, such as v2.2.0. */
  version: string;
}

/** A message of one line that says how to get k6. */
export const GET_K6 =
  'get it at https://grafana.com/docs/k6/latest/set-up/install-k6/, or name it with K6=path';

/** The k6 script that sends load to the dashboard. */
const DASHBOARD = fileURLToPath(new URL('../loadtests/dashboard.ts', import.meta.url));

/**
 * Returns the k6 that the environment variable K6 names, or the k6 on the PATH. Returns undefined when there is none on
 * the PATH.
 *
 * @throws UsageError when K6 names a program that is not k6
 */
export async function findK6(environment: NodeJS.ProcessEnv): Promise<K6 | undefined> {
  const named = environment['K6'] || undefined;
  const program = named ?? 'k6';
  try {
    const { stdout } = await promisify(execFile)(program, ['version'], { env: environment });
    const version = /\bv\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
    if (version !== undefined) return { program, version };
  } catch (error) {
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  }
  throw new UsageError(
    `K6: expected ${program} to be k6, but "${program} version" prints no version of k6. ${GET_K6}`,
  );
}

/** The result of a k6 run. Exit code 0: all thresholds held. 99: a threshold failed. Any other code: the run failed. */
export interface K6Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The exit code of k6 when a threshold failed. */
const THRESHOLDS_FAILED = 99;

export interface K6Options {
  /** Environment variables for the script (docs/k6.md). */
  env: Readonly<Record<string, string>>;
  /** Additional flags of `k6 run`. */
  flags?: readonly string[];
  /** When this signal aborts, k6 gets SIGINT and stops gracefully. */
  signal?: AbortSignal;
}

/** Runs a script to its end. The usage report of k6 is off, so k6 sends requests only to the system under test. */
export async function runK6({ program }: K6, script: string, options: K6Options): Promise<K6Run> {
  const child = spawn(program, ['run', '--quiet', '--no-usage-report', ...(options.flags ?? []), script], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGINT');
  options.signal?.addEventListener('abort', stop);
  if (options.signal?.aborted) stop();
  const run: K6Run = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', chunk => {
    run.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', chunk => {
    run.stderr += chunk;
  });
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', code => resolve({ ...run, code }));
    });
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
}

export interface SecondLoad {
  /** Address of the balancer of the bundled stack. */
  url: string;
  /** Number of instances that must serve requests. */
  instances: number;
  seed: number;
  signal: AbortSignal;
}

/** Duration of the second load, seconds: long enough for the evidence of every verdict, even on a slow machine. */
const SECONDS = 5;

/**
 * Runs a second load against the bundled stack with k6. If k6 is not on the machine, reports how to get k6.
 *
 * @param onStep called with a description of each step
 * @returns the output of k6, and its verdict; undefined when k6 is not on the machine
 * @throws UnavailableError when k6 itself failed
 * @throws the reason of the signal, once it aborts
 */
export async function secondLoad(
  options: SecondLoad,
  onStep: (step: string) => void,
): Promise<{ judgement: Judgement; summary: string } | undefined> {
  const { url, instances, seed, signal } = options;
  signal.throwIfAborted();
  const k6 = await findK6(process.env);
  if (k6 === undefined) {
    onStep(`no second load, since k6 is not on the PATH: ${GET_K6}`);
    return undefined;
  }
  onStep(`second load: k6 ${k6.version} for ${SECONDS} s`);
  const env = {
    BASE_URL: url,
    INSTANCES: `${instances}`,
    SEED: `${seed}`,
    DURATION: `${SECONDS}s`,
    HISTORY: '',
  };
  const { code, stdout, stderr } = await runK6(k6, DASHBOARD, { env, signal });
  signal.throwIfAborted();
  if (code === 0) return { judgement: 'valid', summary: stdout };
  if (code === THRESHOLDS_FAILED) return { judgement: 'violated', summary: stdout };
  throw new UnavailableError(
    `${k6.program} run: expected exit code 0 or ${THRESHOLDS_FAILED}, got ${code}:\n${stderr}`,
  );
}
