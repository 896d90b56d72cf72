import { docker } from './docker.ts';
import { ServerProcess, type ServerSpec } from './process.ts';
import { until } from './wait.ts';

export interface ContainerSpec extends Pick<ServerSpec, 'name' | 'log' | 'ready' | 'onDeath'> {
  container: string;
  url: string;
}

/** Seconds between SIGTERM and SIGKILL: longer than the app's DRAIN_MS and SHUTDOWN_MS together. */
const STOP_SECONDS = '15';

/** A container, represented by a docker process that copies the container's output and exits with its exit code. */
export class ContainerService extends ServerProcess {
  readonly url: string;
  readonly container: string;

  constructor({ url, container, ...spec }: ContainerSpec) {
    super({ ...spec, readyMs: 60_000, command: ['docker', 'start', '--attach', container] });
    this.url = url;
    this.container = container;
  }

  override async stop(): Promise<void> {
    await this.#command(async () => {
      await this.resume(); // A paused container handles only SIGKILL until it is resumed.
      await docker('stop', '-t', STOP_SECONDS, this.container);
    });
  }

  override async kill(): Promise<void> {
    await this.#command(() => docker('kill', this.container));
  }

  override async pause(): Promise<void> {
    await this.#change('pause', 'false');
  }

  override async resume(): Promise<void> {
    await this.#change('unpause', 'true');
  }

  /** Ends the container for good, but does not remove it. */
  override async dispose(): Promise<void> {
    this.disposed = true;
    await this.kill();
  }

  protected override where(): string {
    return `container ${this.container}`;
  }

  /** Repeats `stop` for 10 s, because docker refuses it while the container starts or ends. */
  async #command(stop: () => Promise<unknown>): Promise<void> {
    const accepted = async () => {
      if (this.running()) await stop();
      return true;
    };
    await this.end(() => until(accepted, { withinMs: 10_000, what: `docker to end ${this.name}` }));
  }

  /** @param ifPaused runs the command only if `.State.Paused` has this value */
  async #change(command: 'pause' | 'unpause', ifPaused: 'true' | 'false'): Promise<void> {
    this.requireRunning(command);
    const paused = await docker('inspect', '--format', '{{.State.Paused}}', this.container);
    if (paused === ifPaused) await docker(command, this.container);
  }
}
