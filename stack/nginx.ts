/** nginx as a child process: the balancer of the local stack. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { groupMembers } from './group.ts';
import { readFrom } from './log-file.ts';
import { fillTemplate, type NginxFiles, nginxCommand, nginxFiles, writeAddition } from './nginx-files.ts';
import { ServerProcess } from './process.ts';
import type { Balancer, Instance } from './stack.ts';
import { until } from './wait.ts';

export interface NginxOptions {
  /** Listens there, on 127.0.0.1. */
  port: number;
  /** Answers there for its own numbers. */
  statusPort: number;
  /** An existing folder for its configuration, temporary files and logs. */
  dir: string;
  additions?: NginxAdditions;
  /** Milliseconds that a request may outlive the configuration that it came under (30,000). */
  retireMs?: number;
  /** Told how it ended, with its last output, when nobody asked it to. */
  onDeath?: (description: string) => void;
}

/** Directives added to deploy/nginx.conf.template, each line as it would stand there. */
export interface NginxAdditions {
  /** Among those for all servers. */
  http?: string;
  /** In the server that clients reach; what is said there wins over what is said for all servers. */
  server?: string;
  /**
   * First in the group of instances: how one is chosen. A function is told how often nginx was made to forget whom it
   * keeps where; visitors are placed anew each time.
   */
  upstream?: string | ((forgotten: number) => string);
  /**
   * Said of each instance in the group: when it counts as failed, by what nginx itself sees, and its weight. A function
   * gets the place of the instance, from 0.
   */
  perInstance?: string | ((place: number) => string);
  /** First among the rules for what follows a failure, each a pattern and a location: `~. @bad_gateway;`. */
  failure?: string;
  /** In the server that clients reach, while there is no instance. */
  nobody?: string;
  /** Among those for all servers, and made anew when the instances change. Told the same. */
  instances?: (instances: readonly Address[], forgotten: number) => string;
}

/** What it has to know of an instance. */
export type Address = Pick<Instance, 'name' | 'url'>;

const WORKERS = 2;
/** While idle connections get fewer within this, there are busy clients among those that have them. */
const RESTING_MS = 500;
/** So often in a row no idle connection was seen. */
const LOOKS = 10;
/** So long a request may outlive the configuration that it came under. */
const RETIRE_MS = 30_000;
/** As deploy/nginx.conf.template has it: an instance that failed is left alone for a second. */
const PER_INSTANCE = 'max_fails=1 fail_timeout=1s';

/**
 * nginx before a changing set of instances.
 * The constructor throws MissingProgramError if nginx is not installed.
 */
export class Nginx extends ServerProcess implements Balancer {
  readonly url: string;
  /** A JSON line for each request: see log_format in the template. */
  readonly accessLog: string;
  readonly #statusUrl: string;
  readonly #files: NginxFiles;
  readonly #command: readonly [string, ...string[]];
  readonly #additions: NginxAdditions;
  readonly #retireMs: number;
  /** Workers that were told to end, some of which are at it. */
  #retiring: number[] = [];
  readonly #registered = new Map<string, Address>();
  readonly forget?: () => Promise<void>;
  #forgotten = 0;
  #repeats = false;
  /** Changes of the configuration, one after the other. */
  #changes: Promise<void> = Promise.resolve();

  constructor({ port, statusPort, dir, additions = {}, retireMs = RETIRE_MS, onDeath }: NginxOptions) {
    const files = nginxFiles(dir);
    const command = nginxCommand(files, retireMs);
    super({
      name: 'balancer',
      command,
      env: process.env,
      log: files.log,
      // Its pid file is there once it listens; by that alone, an old file or another server on the port would do.
      ready: async pid =>
        readFileSync(files.pid, 'utf8').trim() === `${pid}` && groupMembers(pid).length > WORKERS,
      stopSignal: 'SIGQUIT', // SIGTERM would drop what is in flight.
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
      this.#change(async () => {
        this.#forgotten += 1;
        this.#writeInstances();
        await this.#reload();
      });
  }

  /** @param via where it is reached in place of its own address */
  async register(instance: Address, via = instance.url): Promise<void> {
    await this.#change(async () => {
      this.#registered.set(instance.url, { name: instance.name, url: via });
      this.#writeInstances();
      await this.#reload();
    });
  }

  /** Registers several with one reload, or before the start with none. */
  async registerAll(instances: readonly Address[]): Promise<void> {
    await this.#change(async () => {
      for (const instance of instances) this.#registered.set(instance.url, instance);
      this.#writeInstances();
      if (this.running()) await this.#reload();
    });
  }

  async deregister(instance: Address): Promise<void> {
    let retired: number[] = [];
    await this.#change(async () => {
      this.#registered.delete(instance.url);
      this.#writeInstances();
      retired = await this.#reload();
    });
    // Only the retired workers know the instance; they end with the last request that they have in flight. Other
    // changes need not wait for that.
    await until(() => this.#workers().every(worker => !retired.includes(worker)), {
      withinMs: this.#retireMs + 5_000,
      everyMs: 50,
      what: `the requests in flight to ${instance.name} to end`,
    });
  }

  async reload(): Promise<void> {
    await this.#change(async () => {
      await this.#reload();
    });
  }

  async repeat(afterMs: number | undefined): Promise<void> {
    const repeating = `proxy_next_upstream error timeout non_idempotent; proxy_read_timeout ${afterMs}ms;`;
    await this.#change(async () => {
      this.#repeats = afterMs !== undefined;
      this.#writeInstances();
      writeAddition(this.#files.server, 'repeat', this.#repeats ? repeating : '');
      await this.#reload();
    });
  }

  async #change(change: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => {}); // Told to whoever asked for it; the next change has its own chance.
    await done;
  }

  #workers(): number[] {
    const master = this.pid;
    return master === undefined ? [] : memberPids(master).filter(pid => pid !== master);
  }

  /** Resolves with the workers of the old configuration, once none of them takes new connections. */
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
   * Busy clients soon have no idle connection left; those of clients that rest may be closed without harm. A request
   * from before ends on a connection that its client keeps, so none is believed to be left at the first look.
   */
  async #untilFewAreIdle(): Promise<void> {
    let least = Number.POSITIVE_INFINITY;
    let since = performance.now();
    let none = 0;
    const settled = async () => {
      // The connection that asks counts as neither.
      const idle = Number(/Waiting: (\d+)/.exec(await (await fetch(this.#statusUrl)).text())?.[1]);
      none = idle === 0 ? none + 1 : 0;
      if (idle > 0 && idle < least) {
        least = idle;
        since = performance.now();
      }
      return none === LOOKS || performance.now() - since > RESTING_MS;
    };
    await until(settled, { withinMs: 5_000, everyMs: 10, what: 'no idle connection of a busy client' }).catch(
      () => {},
    );
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
    });
    this.#retiring = retired;
    return retired;
  }

  /** nginx ignores a reload with a wrong configuration, and says so only in its log. */
  async #checkConfiguration(): Promise<void> {
    const [program, ...args] = this.#command;
    try {
      await promisify(execFile)(program, [...args, '-t']);
    } catch (error) {
      throw new Error(`nginx refuses its configuration: ${error instanceof Error ? error.message : error}`);
    }
  }

  #writeInstances(): void {
    const { upstream, perInstance = PER_INSTANCE, nobody, instances } = this.#additions;
    const registered = [...this.#registered.values()];
    const hosts = registered.map(instance => new URL(instance.url).host);
    // nginx takes no group without a server; one that is down answers as if all instances were.
    const lines = (options: string | ((place: number) => string)) =>
      hosts
        .map((host, place) => `server ${host} ${typeof options === 'string' ? options : options(place)};\n`)
        .join('');
    const none = 'server 127.0.0.1:9 down;\n';
    const choice = typeof upstream === 'function' ? upstream(this.#forgotten) : (upstream ?? '');
    // Whoever repeats requests does so time and again: an instance that is late is not left alone then.
    const servers = lines(this.#repeats ? 'max_fails=0' : perInstance) || none;
    writeFileSync(this.#files.instances, `${choice}\n${servers}`);
    writeFileSync(this.#files.anyInstance, lines('max_fails=0') || none);
    writeAddition(this.#files.server, 'nobody', hosts.length === 0 ? nobody : '');
    writeAddition(this.#files.http, 'instances', instances?.(registered, this.#forgotten));
  }
}

function memberPids(pgid: number): number[] {
  return groupMembers(pgid).map(member => member.pid);
}
