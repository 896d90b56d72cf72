/** Finds the user's k6 (`K6=path`, or on the PATH), and runs k6 scripts. */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Judgement } from './core/result/verdict.ts';
import { UnavailableError, UsageError } from './errors.ts';

export interface K6 {
  program: string;
  /** Version such as v2.2.0. */
  version: string;
}

/** How to get k6, as a sentence for the user. */
export const GET_K6 =
  'get it at https://grafana.com/docs/k6/latest/set-up/install-k6/, or name it with K6=path';

const DASHBOARD = fileURLToPath(new URL('../loadtests/dashboard.ts', import.meta.url));

/**
 * Returns the k6 that the environment variable K6 names, or the k6 on the PATH; undefined if there is none.
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
 * The output of k6, and its exit code: 0 if all thresholds held, 99 if a threshold failed, another number after an
 * error.
 */
export interface K6Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

const THRESHOLDS_FAILED = 99;

export interface K6Options {
  /** Environment variables for the script (docs/k6.md). */
  env: Readonly<Record<string, string>>;
  flags?: readonly string[];
  /** Stops k6 gracefully, by SIGINT. */
  signal?: AbortSignal;
}

/** Runs a script without k6's usage report, so that k6 contacts only the system under test. */
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
  url: string;
  instances: number;
  seed: number;
  signal: AbortSignal;
}

/** Duration of the load, seconds. It suffices for the evidence of all verdicts, even on a slow machine. */
const SECONDS = 5;

/**
 * Sends a second load to the bundled stack. Without k6, says how to get it, and returns undefined.
 *
 * @param onStep called with a description of each step
 * @throws UnavailableError if k6 failed; the signal's reason after an abort
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
