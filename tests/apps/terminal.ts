/** The `baton` command at a pseudo-terminal, as somebody sits at it: who reads what it asks, and types. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../../verify/cli.ts');

/** Whether util-linux is here, whose `script` makes the pseudo-terminal. */
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
  /** Up to where it has been read. */
  #read = 0;
  /** All that was shown. */
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

  /** Waits until it shows something that was not read before, and types. */
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
      if (over) throw new Error(`expected to be asked ${JSON.stringify(question)}, got:\n${this.shown}`);
      await new Promise<void>(resolve => {
        this.#heard = resolve;
      });
    }
  }

  /** Whoever sits there goes away. */
  async stop(): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }

  /** @returns the exit code */
  ends(): Promise<number | null> {
    return this.#ended;
  }
}
