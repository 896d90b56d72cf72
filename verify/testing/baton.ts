/** Runs `baton`, or another program of the repository, in a separate process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { commandLine, isAlive, processes } from '../../stack/process-table.ts';
import { until } from '../../stack/wait.ts';

const root = join(import.meta.dirname, '../..');

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export class Baton {
  readonly #child: ChildProcess;
  readonly finished: Promise<Finished>;
  #stdout = '';
  #stderr = '';
  #heard = (): void => {};

  constructor(args: readonly string[], env: Record<string, string> = {}, program = 'verify/cli.ts') {
    this.#child = spawn(process.execPath, [join(root, program), ...args], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', chunk => {
      this.#stdout += chunk;
    });
    this.#child.stderr?.on('data', chunk => {
      this.#stderr += chunk;
      this.#heard();
    });
    this.finished = once(this.#child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /**
   * Waits until the process has written a matching text to stderr.
   *
   * @throws an error with stderr if the process ends before
   */
  async says(what: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = what.exec(this.#stderr);
      if (found !== null) return found;
      const more = new Promise<'more'>(resolve => {
        this.#heard = () => resolve('more');
      });
      if ((await Promise.race([more, this.finished])) !== 'more' && !what.test(this.#stderr)) {
        throw new Error(`expected ${what} on stderr, got:\n${this.#stderr}`);
      }
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Returns ids and command lines of all descendant processes. */
  descendants(): { pid: number; command: string }[] {
    const rows = processes();
    const below = (pid: number): typeof rows =>
      rows.filter(row => row.parent === pid).flatMap(row => [row, ...below(row.pid)]);
    return below(this.#child.pid ?? -1).map(({ pid }) => ({ pid, command: commandLine(pid) }));
  }
}

export const baton = (args: readonly string[], env?: Record<string, string>): Promise<Finished> =>
  new Baton(args, env).finished;

/** Waits until these processes have ended, or are zombies. */
export async function allGone(pids: readonly number[]): Promise<void> {
  await until(() => !pids.some(isAlive), {
    withinMs: 30_000,
    what: `processes ${pids.join(', ')} to be gone`,
  });
}
