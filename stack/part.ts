/** Starts a process or container of the stack, and reports if it ends unexpectedly. */
import type { OnDeath, Service } from './stack.ts';
import { until } from './wait.ts';

export interface PartSpec {
  name: string;
  ready: (pid: number) => Promise<boolean>;
  readyMs?: number;
  onDeath?: OnDeath | undefined;
}

/**
 * A running process or container.
 * @typeParam Handle a child process, or the name of a container
 */
export interface Launched<Handle> {
  handle: Handle;
  /** Process id; 0 if unknown. */
  pid: number;
  /** Name of the process or container in messages, such as `process 123`. */
  where: string;
  exited: Promise<string>;
}

interface Run<Handle> extends Launched<Handle> {
  stopRequested: boolean;
  ready: boolean;
  /** Aborts when the process or container ends. The signal's reason says how it ended. */
  over: AbortController;
  ended: Promise<void>;
}

/** Thrown if a process or container of the stack was started, but did not become ready. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  /** Name of the process or container, such as app-1. */
  readonly part: string;

  constructor(part: string, message: string) {
    super(message);
    this.part = part;
  }
}

export abstract class StackPart<Handle> implements Service {
  readonly name: string;
  readonly #spec: PartSpec;
  #run: Run<Handle> | undefined;
  #disposed = false;

  constructor(spec: PartSpec) {
    this.name = spec.name;
    this.#spec = spec;
  }

  protected abstract launch(): Launched<Handle>;
  /** Returns the last lines of the part's output, for an error message. */
  abstract lastOutput(): string | Promise<string>;
  abstract stop(): Promise<void>;
  abstract kill(): Promise<void>;
  abstract pause(): Promise<void>;
  abstract resume(): Promise<void>;

  running(): boolean {
    return this.#run !== undefined && !this.#run.over.signal.aborted;
  }

  get pid(): number | undefined {
    return this.running() ? this.#run?.pid : undefined;
  }

  /**
   * Waits until the process or container is ready. Throws NotReadyError with its last output if it is not, and stops
   * it.
   */
  async start(): Promise<void> {
    if (this.#disposed) throw new Error(`${this.name} was stopped for good: it cannot be started again`);
    if (this.running()) return;
    // `#run` must be set without an `await`, or a concurrent `dispose` could miss the started process.
    const run = this.#follow(this.launch());
    this.#run = run;
    try {
      await this.#untilReady(run);
      run.ready = true;
    } catch (error) {
      await this.kill();
      throw new NotReadyError(this.name, error instanceof Error ? error.message : String(error));
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  expectEnd(): void {
    this.#disposed = true;
    if (this.#run) this.#run.stopRequested = true;
  }

  protected requireRunning(verb: string): Handle {
    if (this.#run !== undefined && this.running()) return this.#run.handle;
    throw new Error(`cannot ${verb} ${this.name}: it does not run. Restart it first.`);
  }

  protected async end(stop: (handle: Handle) => unknown): Promise<void> {
    const run = this.#run;
    if (run === undefined || !this.running()) return;
    run.stopRequested = true;
    await stop(run.handle);
    await run.ended;
  }

  async ended(): Promise<void> {
    await this.#run?.ended;
  }

  #follow(launched: Launched<Handle>): Run<Handle> {
    const over = new AbortController();
    const ended = launched.exited.then(async how => {
      const output = await this.lastOutput();
      const last = output === '' ? 'It wrote nothing.' : `Its last output:\n${output}`;
      const end = `${this.name} (${launched.where}) ended: ${how}. ${last}`;
      over.abort(new Error(`expected ${this.name} to start, but it did not: ${end}`));
      if (run.ready && !run.stopRequested) this.#spec.onDeath?.(end);
    });
    const run: Run<Handle> = { ...launched, stopRequested: false, ready: false, over, ended };
    return run;
  }

  async #untilReady({ pid, where, over: { signal } }: Run<Handle>): Promise<void> {
    const { ready, readyMs = 20_000 } = this.#spec;
    const what = `${this.name} (${where}) to be ready`;
    try {
      await until(() => ready(pid), { withinMs: readyMs, what, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Error(`${(error as Error).message}. Its last output:\n${await this.lastOutput()}`);
    }
  }
}
