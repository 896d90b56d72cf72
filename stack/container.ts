import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { docker } from './docker.ts';
import { type Launched, type PartSpec, StackPart } from './part.ts';
import { until } from './wait.ts';

export interface ContainerSpec extends PartSpec {
  container: string;
  url: string;
}

/** Seconds between SIGTERM and SIGKILL: longer than the app's DRAIN_MS and SHUTDOWN_MS together. */
const STOP_SECONDS = '15';

export class ContainerService extends StackPart<string> {
  readonly url: string;
  readonly container: string;

  constructor(spec: ContainerSpec) {
    super({ readyMs: 30_000, ...spec });
    this.url = spec.url;
    this.container = spec.container;
  }

  override async stop(): Promise<void> {
    await this.#command(async () => {
      await this.resume(); // A paused container handles only SIGKILL until it is resumed.
      await docker('stop', '--time', STOP_SECONDS, this.container);
    });
  }

  override async kill(): Promise<void> {
    await this.#command(() => docker('kill', this.container));
  }

  override async pause(): Promise<void> {
    this.requireRunning('pause');
    if ((await this.#state('Paused')) === 'false') await docker('pause', this.container);
  }

  override async resume(): Promise<void> {
    this.requireRunning('resume');
    if ((await this.#state('Paused')) === 'true') await docker('unpause', this.container);
  }

  /** Ends the container for good, but does not remove it, because its log may still be read. */
  async dispose(): Promise<void> {
    this.expectEnd();
    await this.stop();
  }

  override async lastOutput(): Promise<string> {
    const logs = promisify(execFile)('docker', ['logs', '--tail', '50', this.container]);
    const { stdout, stderr } = await logs.catch(() => ({ stdout: '', stderr: '' }));
    return (stdout + stderr).trim();
  }

  protected override launch(): Launched<string> {
    const { container } = this;
    return { handle: container, pid: 0, where: `container ${container}`, exited: this.#exit() };
  }

  async #exit(): Promise<string> {
    try {
      await docker('start', this.container);
      await docker('wait', this.container);
      return `exit code ${await this.#state('ExitCode')}`;
    } catch (error) {
      const exists = await this.#state('ExitCode').catch(() => undefined);
      return exists === undefined ? 'it was removed' : (error as Error).message;
    }
  }

  async #command(stop: () => Promise<unknown>): Promise<void> {
    await this.end(async () => {
      const refused = await stop().then(
        () => undefined,
        (error: unknown) => error,
      );
      const ended = { withinMs: 10_000, what: `${this.name} to end` };
      await until(() => !this.running(), ended).catch(error => {
        throw refused ?? error;
      });
    });
  }

  #state(field: 'Paused' | 'ExitCode'): Promise<string> {
    return docker('inspect', '--format', `{{.State.${field}}}`, this.container);
  }
}
