/** Finds the user's k6 (`K6=path`, or on the PATH), and runs k6 scripts against a running system. */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Judgement } from './core/result/verdict.ts';
import { UnavailableError, UsageError } from './errors.ts';

export interface K6 {
  /** Path of the k6 program, or only its name if it is on the PATH. */
  program: string;
  /** Version of k6, such as v2.2.0. */
  version: string;
}

/** How to get k6, as a sentence for the user. */
export const GET_K6 =
  'get it at https://grafana.com/docs/k6/latest/set-up/install-k6/, or name it with K6=path';

/** Path of the k6 script that the option `--k6` runs. */
const DASHBOARD = fileURLToPath(new URL('../loadtests/dashboard.ts', import.meta.url));

/**
 * Returns the k6 that the environment variable K6 names; without this variable, the k6 on the PATH. Returns undefined
 * if k6 is not found.
 *
 * @throws UsageError if the program is not k6
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

/**
 * The output of a k6 run, and its exit code: 0 if all thresholds held, 99 if a threshold failed, another number after
 * an error of k6.
 */
export interface K6Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Exit code of k6 after a failed threshold. */
const THRESHOLDS_FAILED = 99;

export interface K6Options {
  /** Environment variables for the script (docs/k6.md). */
  env: Readonly<Record<string, string>>;
  /** Additional flags of `k6 run`. */
  flags?: readonly string[];
  /** When this signal aborts, k6 is stopped gracefully, by SIGINT. */
  signal?: AbortSignal;
}

/** Runs a script to its end. Turns off k6's usage report, so that k6 contacts only the system under test. */
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
  /** Number of instances that serve requests. The load must reach all of them. */
  instances: number;
  seed: number;
  signal: AbortSignal;
}

/**
 * Duration of the load with k6, seconds. It is long enough to collect the evidence for all verdicts on a slow machine.
 */
const SECONDS = 5;

/**
 * Sends a second load to the bundled stack, with k6. If k6 is not installed, says how to get it.
 *
 * @param onStep called with a description of each step
 * @returns the output of k6 and its verdict; undefined if k6 is not installed
 * @throws UnavailableError if k6 itself failed
 * @throws the reason of the signal when it aborts
 */
export async function secondLoad(
  options: SecondLoad,
  onStep: (step: string) => void,
): Promise<{ judgement: Judgement; summary: string } | undefined> {
  const { url, instances, seed, signal } = options;
  signal.throwIfAborted();
  const k6 = await findK6(process.env);
  if (k6 === undefined) {
    onStep(`k6 is not on the PATH, so the load with k6 is skipped: ${GET_K6}`);
    return undefined;
  }
  onStep(`loads the stack again, with k6 ${k6.version}, for ${SECONDS} s`);
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
