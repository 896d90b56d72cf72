/** Controls one container of a compose project. */
import { docker, lastOutputOf } from './docker.ts';
import { NotReadyError } from './not-ready.ts';
import type { Service } from './stack.ts';
import { until } from './wait.ts';

export interface ContainerSpec {
  name: string;
  /** Name of the container. */
  container: string;
  /** The container's address on this machine. */
  url: string;
  /** Called repeatedly until it resolves with true. Then the container counts as started. */
  ready: () => Promise<boolean>;
  /** Called with the exit status and the last output when the container ends unexpectedly. */
  onDeath: (description: string) => void;
}

/** One run of the container, from its start to its end. */
interface Run {
  /** True once the stack has asked the container to stop. An exit is then expected, and `onDeath` is not called. */
  stopRequested: boolean;
  ready: boolean;
  readonly over: AbortController;
  /** Resolves once the container has ended or was removed. */
  ended: Promise<void>;
}

const READY_MS = 30_000;
/** Seconds until `docker stop` kills the app: more than its DRAIN_MS and SHUTDOWN_MS together. */
const STOP_SECONDS = '15';

export class ContainerService implements Service {
  readonly name: string;
  readonly url: string;
  readonly container: string;
  readonly #spec: ContainerSpec;
  #run: Run | undefined;
  #disposed = false;

  /** @param spec a container that compose has just started */
  constructor(spec: ContainerSpec) {
    this.name = spec.name;
    this.url = spec.url;
    this.container = spec.container;
    this.#spec = spec;
    this.#watch();
  }

  running(): boolean {
    return this.#run !== undefined;
  }

  /**
   * Waits until the container is ready. If the container ends, or is not ready after 30 s, throws NotReadyError with
   * its last output.
   */
  async untilReady(): Promise<void> {
    const run = this.#requireRunning('wait for');
    const wait = { withinMs: READY_MS, what: `${this.name} to be ready`, signal: run.over.signal };
    try {
      await until(this.#spec.ready, wait);
      run.ready = true;
    } catch (error) {
      const why = run.over.signal.aborted
        ? `expected ${this.name} to start, but it did not: ${await this.#describeEnd()}`
        : `${(error as Error).message}. Its last output:\n${await lastOutputOf(this.container)}`;
      throw new NotReadyError(this.name, why);
    }
  }

  async stop(): Promise<void> {
    await this.#end(async () => {
      await this.resume(); // A paused container handles only SIGKILL until it is resumed.
      await docker('stop', '--time', STOP_SECONDS, this.container);
    });
  }

  async kill(): Promise<void> {
    await this.#end(() => docker('kill', this.container));
  }

  async pause(): Promise<void> {
    this.#requireRunning('pause');
    if ((await this.#state('Paused')) === 'false') await docker('pause', this.container);
  }

  async resume(): Promise<void> {
    this.#requireRunning('resume');
    if ((await this.#state('Paused')) === 'true') await docker('unpause', this.container);
  }

  async restart(): Promise<void> {
    await this.stop();
    if (this.#disposed) throw new Error(`${this.name} was stopped for good: it cannot be started again`);
    await docker('start', this.container);
    this.#watch();
    try {
      await this.untilReady();
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Resolves once the container has ended or was removed. */
  async ended(): Promise<void> {
    await this.#run?.ended;
  }

  /**
   * Marks the end of the container as expected. Call this before the container is removed. The container
   * cannot be started again.
   */
  dispose(): void {
    this.#disposed = true;
    if (this.#run) this.#run.stopRequested = true;
  }

  /** Notes that the container runs, and waits in the background for its end. */
  #watch(): void {
    const over = async () => {
      this.#run = undefined;
      run.over.abort();
      if (run.ready && !run.stopRequested) this.#spec.onDeath(await this.#describeEnd());
    };
    const ended = docker('wait', this.container).then(over, over);
    const run: Run = { stopRequested: false, ready: false, over: new AbortController(), ended };
    this.#run = run;
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
      // The command returns once the signal was sent. The container ends later.
      await until(() => run.over.signal.aborted, { withinMs: 10_000, what: `${this.name} to end` });
    } catch (error) {
      throw refused ?? error;
    }
  }

  #state(field: 'Paused' | 'ExitCode'): Promise<string> {
    return docker('inspect', '--format', `{{.State.${field}}}`, this.container);
  }

  async #describeEnd(): Promise<string> {
    const how = await this.#state('ExitCode').then(
      code => `exit code ${code}`,
      () => 'it was removed',
    );
    const output = await lastOutputOf(this.container);
    const last = output === '' ? 'It wrote nothing.' : `Its last output:\n${output}`;
    return `${this.name} (container ${this.container}) ended: ${how}. ${last}`;
  }
}
