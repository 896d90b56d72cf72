/** Shows live progress. On a terminal it rewrites one line; otherwise it prints a new line every 3 s. */
import type { Operation } from './core/history/history.ts';

/** The output stream: stdout or stderr. */
export interface Out {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Interval between two updates, milliseconds: `live` on a terminal, `line` otherwise. */
const EVERY = { live: 100, line: 3_000 };

export class Progress {
  readonly #out: Out;
  readonly #quiet: boolean;
  readonly #live: boolean;
  #timer: NodeJS.Timeout | undefined;
  #began = 0;
  #requests = 0;
  #signedOut = 0;
  #failed = 0;
  #instances = new Map<string, number>();
  #duration = 0;
  /** The tasks that are running. */
  #active: readonly string[] = [];

  constructor(out: Out, quiet: boolean) {
    this.#out = out;
    this.#quiet = quiet;
    this.#live = out.isTTY === true;
  }

  /** Prints a line about a step that begins or has ended. */
  step(text: string): void {
    if (this.#quiet) return;
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  /** Prints a warning, even when progress is off. */
  alarm(text: string): void {
    this.#clear();
    this.#out.write(`\n!! ${text}\n\n`);
  }

  phase(phase: 'ready' | 'load' | 'logs' | 'judge', load: { sessions: number; duration: number }): void {
    if (phase === 'ready') this.step('logging in on every pair of instances');
    if (phase !== 'load') {
      if (phase !== 'ready') this.end();
      return;
    }
    this.#duration = load.duration;
    this.step(`${load.sessions} sessions for ${load.duration / 1000} s`);
    if (this.#quiet) return;
    this.#began = performance.now();
    this.#timer = setInterval(() => this.#show(), this.#live ? EVERY.live : EVERY.line);
    this.#timer.unref();
  }

  /** @param what the tasks that are running, in words */
  active(what: readonly string[]): void {
    this.#active = what;
  }

  operation(operation: Operation): void {
    this.#requests++;
    if (operation.signedIn === 'out') this.#signedOut++;
    if (operation.status === undefined || operation.status >= 500) this.#failed++;
    const { instance } = operation;
    if (instance !== undefined) this.#instances.set(instance, (this.#instances.get(instance) ?? 0) + 1);
  }

  #show(): void {
    const seconds = (performance.now() - this.#began) / 1000;
    const shares = [...this.#instances].sort().map(([name, count]) => `${name} ${count}`);
    const text =
      `  ${this.#time(seconds)}  ${this.#requests} requests` +
      `  ${shares.join(' ')}  signed out ${this.#signedOut}  failed ${this.#failed}`;
    this.#out.write(this.#live ? `\r\u001b[K${text.slice(0, (this.#out.columns ?? 80) - 1)}` : `${text}\n`);
  }

  /** Returns the elapsed time. After the planned duration, the text also names the tasks that the run waits for. */
  #time(seconds: number): string {
    const load = this.#duration / 1000;
    if (seconds <= load || this.#active.length === 0) return `${seconds.toFixed(0)} of ${load} s`;
    return `${seconds.toFixed(0)} s, the load of ${load} s is over, waiting for: ${this.#active.join(', ')}`;
  }

  #clear(): void {
    if (this.#live && this.#timer !== undefined) this.#out.write('\r\u001b[K');
  }

  end(): void {
    this.#clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
