/** Controls one container of a compose project through the engine's API. */
import type { Container } from 'dockerode';
import { text } from './engine-log.ts';
import { NotReadyError } from './not-ready.ts';
import type { Service } from './stack.ts';
import { until } from './wait.ts';

export interface ContainerSpec {
  name: string;
  container: Container;
  /** Called repeatedly until it resolves with true. Then the container counts as started. */
  ready: () => Promise<boolean>;
  /** Called with the exit status and the last output when the container ends unexpectedly. */
  onDeath: (description: string) => void;
}

/** One run of the container, from its start to its end. */
interface Run {
  /** True once the stack has stopped the container, so its end is expected. */
  stopRequested: boolean;
  ready: boolean;
  readonly over: AbortController;
}

const LAST_LINES = 50;
const READY_MS = 30_000;
/** Seconds: the sum of the app's DRAIN_MS and SHUTDOWN_MS, plus a margin. */
const STOP_SECONDS = 15;

export class ContainerService implements Service {
  readonly name: string;
  readonly container: Container;
  readonly #spec: ContainerSpec;
  #run: Run | undefined = newRun();
  #disposed = false;

  /** Takes over a container that compose has just started. */
  constructor(spec: ContainerSpec) {
    this.name = spec.name;
    this.container = spec.container;
    this.#spec = spec;
  }

  running(): boolean {
    return this.#run !== undefined;
  }

  /**
   * Waits until the container is ready. Throws NotReadyError with the container's last output if the container ends
   * before that, or is not ready within 30 s.
   */
  async untilReady(): Promise<void> {
    const run = this.#requireRunning('wait for');
    const wait = { withinMs: READY_MS, what: `${this.name} to be ready`, signal: run.over.signal };
    void this.look(); // The container may have ended before the stack subscribed to events.
    try {
      await until(this.#spec.ready, wait);
      run.ready = true;
    } catch (error) {
      if (run.over.signal.aborted) {
        throw new NotReadyError(
          this.name,
          `expected ${this.name} to start, but it did not: ${await this.#describeEnd()}`,
        );
      }
      throw new NotReadyError(
        this.name,
        `${(error as Error).message}. Its last output:\n${await this.#lastOutput()}`,
      );
    }
  }

  /** Checks with the engine whether the container still runs. Call it after every event of the container. */
  async look(): Promise<void> {
    const run = this.#run;
    if (run === undefined || (await this.#lives()) || this.#run !== run) return;
    this.#run = undefined;
    run.over.abort();
    if (run.ready && !run.stopRequested) this.#spec.onDeath(await this.#describeEnd());
  }

  async stop(): Promise<void> {
    await this.#end(async () => {
      await this.resume(); // A paused container handles only SIGKILL until it is resumed.
      await this.container.stop({ t: STOP_SECONDS });
    });
  }

  async kill(): Promise<void> {
    await this.#end(() => this.container.kill({ signal: 'SIGKILL' }));
  }

  async pause(): Promise<void> {
    this.#requireRunning('pause');
    if (!(await this.#state()).Paused) await this.container.pause();
  }

  async resume(): Promise<void> {
    this.#requireRunning('resume');
    if ((await this.#state()).Paused) await this.container.unpause();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.#start();
  }

  /** Call this before the container is removed. Its end is then expected, and it cannot be started again. */
  dispose(): void {
    this.#disposed = true;
    if (this.#run) this.#run.stopRequested = true;
  }

  async #start(): Promise<void> {
    if (this.#disposed) throw new Error(`${this.name} was stopped for good and does not start again`);
    await this.container.start();
    this.#run = newRun();
    try {
      await this.untilReady();
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  #requireRunning(verb: string): Run {
    if (this.#run) return this.#run;
    throw new Error(`cannot ${verb} ${this.name}: it does not run. Restart it first.`);
  }

  async #end(stop: () => Promise<unknown>): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    run.stopRequested = true;
    const refused = await stop().then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      // The engine has sent the signal, but the container may end later.
      await until(async () => !(await this.#lives()), { withinMs: 10_000, what: `${this.name} to end` });
    } catch (error) {
      throw refused ?? error;
    }
    await this.look();
  }

  async #state() {
    return (await this.container.inspect()).State;
  }

  async #lives(): Promise<boolean> {
    try {
      return (await this.#state()).Running;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  async #lastOutput(): Promise<string> {
    try {
      return text(await this.container.logs({ stdout: true, stderr: true, tail: LAST_LINES })).trimEnd();
    } catch (error) {
      if (isGone(error)) return '';
      throw error;
    }
  }

  async #describeEnd(): Promise<string> {
    const how = await this.#state().then(
      ({ ExitCode: code }) => `exit code ${code}`,
      () => 'it was removed',
    );
    const output = await this.#lastOutput();
    const last = output === '' ? 'It wrote nothing.' : `Its last output:\n${output}`;
    return `${this.name} (container ${this.container.id.slice(0, 12)}) ended: ${how}. ${last}`;
  }
}

function newRun(): Run {
  return { stopRequested: false, ready: false, over: new AbortController() };
}

/** Returns whether the engine reports that the container no longer exists. */
function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404;
}
