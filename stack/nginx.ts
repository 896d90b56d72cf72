/** Runs nginx as a child process: the balancer of the local stack. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Changes } from './changes.ts';
import { groupMembers } from './group.ts';
import { readFrom } from './log-file.ts';
import {
  fillTemplate,
  type NginxAdditions,
  type NginxFiles,
  nginxCommand,
  nginxFiles,
  writeAddition,
} from './nginx-files.ts';
import { ServerProcess } from './process.ts';
import type { Balancer, Routed } from './stack.ts';
import { until } from './wait.ts';

export interface NginxOptions {
  /** Port to listen on, on 127.0.0.1. */
  port: number;
  /** Port of nginx's status page. */
  statusPort: number;
  /** An existing folder for nginx's configuration, temporary files and logs. */
  dir: string;
  additions?: NginxAdditions;
  /** Maximum time after a reload for requests that started under the old configuration, milliseconds (30,000). */
  retireMs?: number;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath?: (description: string) => void;
}

const WORKERS = 2;
/**
 * Before a reload, this program waits until no connection is idle. If the number of idle connections does not
 * fall for this time, ms, it reloads anyway: the clients of these connections are inactive.
 */
const RESTING_MS = 500;
/** Before a reload, this number of checks in a row must find no idle connection. */
const LOOKS = 10;
/** Maximum time after a reload for requests that started under the old configuration, milliseconds. */
const RETIRE_MS = 30_000;
/** Like in deploy/nginx.conf.template: an instance that failed gets no requests for one second. */
const PER_INSTANCE = 'max_fails=1 fail_timeout=1s';

/** Runs nginx in front of a changing set of instances. The constructor throws MissingProgramError without nginx. */
export class Nginx extends ServerProcess implements Balancer {
  readonly url: string;
  /** File with a JSON line for each request: see log_format in the template. */
  readonly accessLog: string;
  readonly #statusUrl: string;
  readonly #files: NginxFiles;
  readonly #command: readonly [string, ...string[]];
  readonly #additions: NginxAdditions;
  readonly #retireMs: number;
  /** Retired workers, which may still have requests in flight. */
  #retiring: number[] = [];
  readonly #registered = new Map<string, Routed>();
  readonly forget?: () => Promise<void>;
  #forgotten = 0;
  #repeats = false;
  readonly #changes = new Changes();

  constructor({ port, statusPort, dir, additions = {}, retireMs = RETIRE_MS, onDeath }: NginxOptions) {
    const files = nginxFiles(dir);
    const command = nginxCommand(files, retireMs);
    super({
      name: 'balancer',
      command,
      log: files.log,
      // nginx writes its pid file when it listens. An open port alone is no proof: it could belong to another server.
      ready: async pid =>
        readFileSync(files.pid, 'utf8').trim() === `${pid}` && groupMembers(pid).length > WORKERS,
      stopSignal: 'SIGQUIT', // SIGTERM would drop the requests in flight.
      ...(onDeath && { onDeath }),
    });
    this.url = `http://127.0.0.1:${port}`;
    this.accessLog = files.accessLog;
    this.#files = files;
    this.#command = command;
    this.#additions = additions;
    this.#retireMs = retireMs;
    writeFileSync(files.config, fillTemplate(port, statusPort, files));
    writeAddition(files.http, 'additions', additions.http);
    writeAddition(files.server, 'additions', additions.server);
    writeAddition(files.failure, 'additions', additions.failure);
    this.#statusUrl = `http://127.0.0.1:${statusPort}/status`;
    this.#writeInstances();
    if (typeof additions.upstream !== 'function' && additions.instances === undefined) return;
    this.forget = () =>
      this.#changes.run(async () => {
        this.#forgotten += 1;
        this.#writeInstances();
        await this.#reload();
      });
  }

  /** @param via the address at which nginx reaches the instance, if it is not the instance's own address */
  async register(instance: Routed, via = instance.url): Promise<void> {
    await this.#changes.run(async () => {
      this.#registered.set(instance.url, { name: instance.name, url: via });
      this.#writeInstances();
      await this.#reload();
    });
  }

  /** Registers several instances with one reload; before the start, without a reload. */
  async registerAll(instances: readonly Routed[]): Promise<void> {
    await this.#changes.run(async () => {
      for (const instance of instances) this.#registered.set(instance.url, instance);
      this.#writeInstances();
      if (this.running()) await this.#reload();
    });
  }

  async deregister(instance: Routed): Promise<void> {
    let retired: number[] = [];
    await this.#changes.run(async () => {
      this.#registered.delete(instance.url);
      this.#writeInstances();
      retired = await this.#reload();
    });
    // Waits until the workers of the old configuration have ended, because they may have requests in flight to the
    // instance. Does not block other changes of the balancer.
    await until(() => this.#workers().every(worker => !retired.includes(worker)), {
      withinMs: this.#retireMs + 5_000,
      everyMs: 50,
      what: `the requests in flight to ${instance.name} to end`,
    });
  }

  async reload(): Promise<void> {
    await this.#changes.run(async () => {
      await this.#reload();
    });
  }

  async repeat(afterMs: number | undefined): Promise<void> {
    const repeating = `proxy_next_upstream error timeout non_idempotent; proxy_read_timeout ${afterMs}ms;`;
    await this.#changes.run(async () => {
      this.#repeats = afterMs !== undefined;
      this.#writeInstances();
      writeAddition(this.#files.server, 'repeat', this.#repeats ? repeating : '');
      await this.#reload();
    });
  }

  /** Also ends a configuration change that is in progress, so that no file is written after `dispose`. */
  override async dispose(): Promise<void> {
    const changed = this.#changes.end();
    await super.dispose();
    await changed;
  }

  #workers(): number[] {
    const master = this.pid;
    return master === undefined ? [] : memberPids(master).filter(pid => pid !== master);
  }

  /** Makes nginx read its files again. Resolves with the old workers, once none of them accepts new connections. */
  async #reload(): Promise<number[]> {
    await this.#checkConfiguration();
    writeFileSync(this.#files.closing, '');
    try {
      await this.#untilFewAreIdle();
      return await this.#replaceWorkers();
    } finally {
      rmSync(this.#files.closing, { force: true });
    }
  }

  /**
   * Waits until no active client has an idle connection. nginx closes idle connections at a reload, and would lose a
   * request that arrives on one at that moment. Checks several times, because a request that ends after a check leaves
   * its connection idle. Inactive clients may lose their connections.
   */
  async #untilFewAreIdle(): Promise<void> {
    const { signal } = this.#changes;
    let least = Number.POSITIVE_INFINITY;
    let since = performance.now();
    let none = 0;
    const settled = async () => {
      // nginx does not count the connection of this status request as waiting.
      const idle = Number(/Waiting: (\d+)/.exec(await (await fetch(this.#statusUrl)).text())?.[1]);
      none = idle === 0 ? none + 1 : 0;
      if (idle > 0 && idle < least) {
        least = idle;
        since = performance.now();
      }
      return none === LOOKS || performance.now() - since > RESTING_MS;
    };
    const what = 'no idle connection of a busy client';
    await until(settled, { withinMs: 5_000, everyMs: 10, what, signal }).catch(() => signal.throwIfAborted());
  }

  async #replaceWorkers(): Promise<number[]> {
    const retired = this.#workers();
    const serving = retired.filter(pid => !this.#retiring.includes(pid));
    const logged = statSync(this.#files.log).size;
    this.signal('SIGHUP');
    const replaced = () => {
      const log = readFrom(this.#files.log, logged);
      const living = this.#workers();
      const retiring = (pid: number) => log.includes(`[notice] ${pid}#${pid}: gracefully shutting down`);
      return (
        living.filter(pid => !retired.includes(pid)).length >= WORKERS &&
        serving.every(pid => !living.includes(pid) || retiring(pid))
      );
    };
    await until(replaced, {
      withinMs: 10_000,
      what: 'nginx to take up its new configuration',
      everyMs: 10,
      signal: this.#changes.signal,
    });
    this.#retiring = retired;
    return retired;
  }

  /** Throws if the configuration is invalid. nginx would ignore the reload, and report the error only in its log. */
  async #checkConfiguration(): Promise<void> {
    const [program, ...args] = this.#command;
    try {
      await promisify(execFile)(program, [...args, '-t']);
    } catch (error) {
      throw new Error(`nginx refuses its configuration: ${error instanceof Error ? error.message : error}`);
    }
  }

  #writeInstances(): void {
    const { upstream, perInstance = PER_INSTANCE, noInstance, instances } = this.#additions;
    const registered = [...this.#registered.values()];
    const hosts = registered.map(instance => new URL(instance.url).host);
    // nginx requires a server in each group. With a single server that is marked `down`, nginx responds as if all
    // instances were down.
    const lines = (options: string | ((place: number) => string)) =>
      hosts
        .map((host, place) => `server ${host} ${typeof options === 'string' ? options : options(place)};\n`)
        .join('');
    const none = 'server 127.0.0.1:9 down;\n';
    const choice = typeof upstream === 'function' ? upstream(this.#forgotten) : (upstream ?? '');
    // With `repeat`, nginx also sends slow requests to another instance. It must not mark the slow instance
    // as failed then, because it would send no more requests to that instance.
    const servers = lines(this.#repeats ? 'max_fails=0' : perInstance) || none;
    writeFileSync(this.#files.instances, `${choice}\n${servers}`);
    writeFileSync(this.#files.anyInstance, lines('max_fails=0') || none);
    writeAddition(this.#files.server, 'no-instance', hosts.length === 0 ? noInstance : '');
    writeAddition(this.#files.http, 'instances', instances?.(registered, this.#forgotten));
  }
}

function memberPids(pgid: number): number[] {
  return groupMembers(pgid).map(member => member.pid);
}
