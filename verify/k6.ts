/** k6 as people bring it: found on the PATH or by K6=path, and run against a system that is up. */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Judgement } from './core/verdict.ts';
import { UnavailableError, UsageError } from './errors.ts';

export interface K6 {
  /** Path, or name on the PATH. */
  program: string;
  /** Such as v2.2.0. */
  version: string;
}

/** How to get it, in one line. */
export const GET_K6 =
  'get it at https://grafana.com/docs/k6/latest/set-up/install-k6/, or name it with K6=path';

/** The script that hammers the dashboard. */
const DASHBOARD = fileURLToPath(new URL('../loadtests/dashboard.ts', import.meta.url));

/**
 * @returns the k6 that K6 names or the PATH has; undefined when the PATH has none
 * @throws UsageError when K6 names something that is no k6
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
    `K6: expected ${program} to be a k6, and "${program} version" does not say so. ${GET_K6}`,
  );
}

/** How a run ended: 0 when all thresholds held, 99 when one did not; any other code is a failure of the run. */
export interface K6Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The exit code of k6 when a threshold did not hold. */
const THRESHOLDS_FAILED = 99;

export interface K6Options {
  /** What the script is told (docs/k6.md). */
  env: Readonly<Record<string, string>>;
  /** More flags of `k6 run`. */
  flags?: readonly string[];
  /** Ends k6 in order. */
  signal?: AbortSignal;
}

/** Runs a script to its end. It sends nothing to anybody but the system under test. */
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
  /** The bundled stack's balancer. */
  url: string;
  /** How many instances must serve. */
  instances: number;
  seed: number;
  signal: AbortSignal;
}

/** Long enough for the evidence that every verdict needs, also on a slow machine. */
const SECONDS = 5;

/**
 * Loads the bundled stack a second time, by k6 where it is on the machine; says how to get it where it is not.
 *
 * @param onStep told what happens, in words for a person
 * @returns what k6 printed, and its verdict; undefined when there is none
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
