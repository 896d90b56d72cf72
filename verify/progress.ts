/** Shows the progress of a run: as one screen on a terminal, otherwise as a line every 3 s. */
import type { RunStatus } from './run-status.ts';
import { fitted, screen } from './screen.ts';

export interface Out {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  write(text: string): unknown;
}

/** Interval between two updates, milliseconds. `live`: on a terminal. `line`: without a terminal. */
const EVERY = { live: 200, line: 3_000 };
/** Length of the time over which the displayed rate is averaged, milliseconds. */
const RATE = 2_000;

export class Progress {
  readonly #out: Out;
  readonly #quiet: boolean;
  readonly #live: boolean;
  #timer: NodeJS.Timeout | undefined;
  #began = 0;
  #status: RunStatus | undefined;
  #duration = 0;
  #lines = 0;
  /** Numbers of requests at earlier times, for the rate. */
  #counts: { at: number; requests: number }[] = [];
  #active: readonly string[] = [];

  constructor(out: Out, quiet: boolean) {
    this.#out = out;
    this.#quiet = quiet;
    this.#live = out.isTTY === true && !process.env['CI'] && process.env['TERM'] !== 'dumb';
  }

  /** True if the screen shows anomalies. The run must then judge events as they come. */
  get judged(): boolean {
    return this.#live && !this.#quiet;
  }

  follow(status: RunStatus): void {
    this.#status = status;
  }

  /** Prints a line about a step of the run. */
  step(text: string): void {
    if (this.#quiet) return;
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  /** Prints a warning, even if progress is turned off. */
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

  /** Sets the running tasks. The screen names them if the run takes longer than planned. */
  active(what: readonly string[]): void {
    this.#active = what;
  }

  #show(): void {
    const status = this.#status;
    if (status === undefined) return;
    const now = performance.now();
    const elapsed = now - this.#began;
    const time = this.#time(elapsed / 1000);
    if (!this.#live) {
      const { requests, instances, signedOut, failed, worker } = status;
      const whose = worker === undefined ? '' : `${worker}: `;
      const shares = [...instances].sort().map(([name, count]) => `${name} ${count}`);
      this.#out.write(
        `  ${time}  ${whose}${requests} requests  ${shares.join(' ')}  signed out ${signedOut}  failed ${failed}\n`,
      );
      return;
    }
    // Assumes a usual size, because some pseudo-terminals report 0 columns and 0 rows.
    const [columns, rows] = [this.#out.columns || 80, this.#out.rows || 24];
    this.#counts = [
      ...this.#counts.filter(({ at }) => now - at < RATE),
      { at: now, requests: status.requests },
    ];
    const [first = { at: now, requests: 0 }] = this.#counts;
    const rate = ((status.requests - first.requests) * 1000) / Math.max(1, now - first.at);
    const lines = screen(status, time, elapsed / this.#duration, rate).slice(0, rows - 1);
    this.#clear();
    this.#out.write(lines.map(line => fitted(line, columns - 1)).join('\n'));
    this.#lines = lines.length;
  }

  /** Returns the elapsed time. After the planned duration, adds the tasks for which the run waits. */
  #time(seconds: number): string {
    const load = this.#duration / 1000;
    if (seconds <= load || this.#active.length === 0) return `${seconds.toFixed(0)} of ${load} s`;
    return `${seconds.toFixed(0)} s, the load of ${load} s is over, waiting for: ${this.#active.join(', ')}`;
  }

  #clear(): void {
    if (this.#lines === 0) return;
    const up = this.#lines > 1 ? `\u001b[${this.#lines - 1}A` : '';
    this.#out.write(`\r${up}\u001b[J`);
    this.#lines = 0;
  }

  end(): void {
    this.#clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
