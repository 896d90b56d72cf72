/** One container of a compose project, driven through the engine's API. */
import type { Container } from 'dockerode';
import { text } from './engine-log.ts';
import { NotReadyError } from './not-ready.ts';
import type { Service } from './stack.ts';
import { until } from './wait.ts';

export interface ContainerSpec {
  name: string;
  container: Container;
  /** Asked until it says true; then it counts as started. */
  ready: () => Promise<boolean>;
  /** Told how it ended, with its last output, when nobody asked it to. */
  onDeath: (description: string) => void;
}

/** From a start to the end that follows. */
interface Run {
  /** Somebody asked it to end. */
  asked: boolean;
  ready: boolean;
  readonly over: AbortController;
}

const LAST_LINES = 50;
const READY_MS = 30_000;
/** The app's DRAIN_MS and SHUTDOWN_MS, and some. */
const STOP_SECONDS = 15;

export class ContainerService implements Service {
  readonly name: string;
  readonly container: Container;
  readonly #spec: ContainerSpec;
  #run: Run | undefined = newRun();
  #disposed = false;

  /** For a container that compose has just started. */
  constructor(spec: ContainerSpec) {
    this.name = spec.name;
    this.container = spec.container;
    this.#spec = spec;
  }

  running(): boolean {
    return this.#run !== undefined;
  }

  /** Throws NotReadyError with its last output if it ends before it is ready, or is not ready in time. */
  async untilReady(): Promise<void> {
    const run = this.#living('wait for');
    const wait = { withinMs: READY_MS, what: `${this.name} to be ready`, signal: run.over.signal };
    void this.look(); // It may have ended before anybody listened.
    try {
      await until(this.#spec.ready, wait);
      run.ready = true;
    } catch (error) {
      if (run.over.signal.aborted) {
        throw new NotReadyError(
          this.name,
          `expected ${this.name} to start, but it did not: ${await this.#obituary()}`,
        );
      }
      throw new NotReadyError(
        this.name,
        `${(error as Error).message}. Its last output:\n${await this.#lastOutput()}`,
      );
    }
  }

  /** Asks the engine whether it still runs: to be called when something happened to it. */
  async look(): Promise<void> {
    const run = this.#run;
    if (run === undefined || (await this.#lives()) || this.#run !== run) return;
    this.#run = undefined;
    run.over.abort();
    if (run.ready && !run.asked) this.#spec.onDeath(await this.#obituary());
  }

  async stop(): Promise<void> {
    await this.#end(async () => {
      await this.resume(); // A frozen one takes no signal but SIGKILL until it goes on.
      await this.container.stop({ t: STOP_SECONDS });
    });
  }

  async kill(): Promise<void> {
    await this.#end(() => this.container.kill({ signal: 'SIGKILL' }));
  }

  async pause(): Promise<void> {
    this.#living('pause');
    if (!(await this.#state()).Paused) await this.container.pause();
  }

  async resume(): Promise<void> {
    this.#living('resume');
    if ((await this.#state()).Paused) await this.container.unpause();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.#start();
  }

  /** It is about to be removed: its end is no news, and it does not start again. */
  dispose(): void {
    this.#disposed = true;
    if (this.#run) this.#run.asked = true;
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

  #living(verb: string): Run {
    if (this.#run) return this.#run;
    throw new Error(`cannot ${verb} ${this.name}: it does not run. Restart it first.`);
  }

  async #end(ask: () => Promise<unknown>): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    run.asked = true;
    const refused = await ask().then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      // The engine has passed a signal on; when its container has ended is another matter.
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

  async #obituary(): Promise<string> {
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
  return { asked: false, ready: false, over: new AbortController() };
}

/** The engine knows no such container any more. */
function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404;
}
