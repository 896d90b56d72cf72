/** Runs the `baton` command at a pseudo-terminal, and types answers to its questions. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../../verify/cli.ts');

/** Returns true if this machine has util-linux, whose command `script` provides the pseudo-terminal. */
export function hasTerminal(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

export class Terminal {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #heard = (): void => {};
  /** Number of output characters that were already searched for questions. */
  #read = 0;
  shown = '';

  constructor(args: readonly string[]) {
    const command = [process.execPath, CLI, ...args].map(text => `'${text}'`).join(' ');
    this.#child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', chunk => {
      this.shown += chunk;
      this.#heard();
    });
    this.#ended = once(this.#child, 'close').then(([code]) => {
      this.#heard();
      return code;
    });
  }

  /** Waits until new output contains the question, and types the answer. */
  async answers(question: string, answer: string): Promise<void> {
    let over = false;
    void this.#ended.then(() => {
      over = true;
    });
    for (;;) {
      const at = this.shown.indexOf(question, this.#read);
      if (at !== -1) {
        this.#read = at + question.length;
        this.#child.stdin?.write(`${answer}\r`);
        return;
      }
      if (over) throw new Error(`expected the question ${JSON.stringify(question)}, got:\n${this.shown}`);
      await new Promise<void>(resolve => {
        this.#heard = resolve;
      });
    }
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }

  /** Resolves with the exit code of the command. */
  ends(): Promise<number | null> {
    return this.#ended;
  }
}
