/** Runs k6 scripts in tests: with real k6 if it is installed, or else with the fake k6. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findK6, runK6 } from '../../verify/k6.ts';
import { runDouble, type ScriptRun } from './double.ts';

export interface Runner {
  name: string;
  run(script: string, env: Record<string, string>): Promise<ScriptRun>;
}

const k6 = await findK6(process.env);

/** A line for the end of a test run that says whether the tests used real k6. */
export const REAL_K6 =
  k6 === undefined ? 'not found, scripts ran through the fake k6' : `used (${k6.version})`;

/** Runs scripts with real k6; undefined if k6 is not installed. */
export const realK6: Runner | undefined = k6 && {
  name: `k6 ${k6.version}`,
  async run(script, env) {
    const folder = mkdtempSync(join(tmpdir(), 'baton-k6-'));
    const lines = join(folder, 'console');
    // Creates the file now, because k6 creates it only when it writes the first line.
    writeFileSync(lines, '');
    try {
      const flags = ['--console-output', lines, '--log-format', 'raw', '--no-color'];
      const { code, stdout, stderr } = await runK6(k6, script, { env, flags });
      return { code, stdout, stderr, console: readFileSync(lines, 'utf8') };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export const double: Runner = { name: 'the fake k6', run: runDouble };

/**
 * Runs a script, and repeats it with a longer duration while the evidence is insufficient.
 * @param durations values of DURATION, the shortest first
 */
export async function runLongEnough(
  durations: readonly [string, ...string[]],
  run: (duration: string) => Promise<ScriptRun>,
): Promise<ScriptRun> {
  const [first, ...longer] = durations;
  let ran = await run(first);
  for (const duration of longer) if (ran.stdout.includes(' UNKNOWN ')) ran = await run(duration);
  return ran;
}
