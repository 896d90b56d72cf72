/** nginx as a child process: the balancer of the local stack. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { groupMembers } from './group.ts';
import { readFrom } from './log-file.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
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
  /** Told how it ended, with its last output, when nobody asked it to. */
  onDeath?: (description: string) => void;
}

/** Directives added to deploy/nginx.conf.template, each line as it would stand there. */
export interface NginxAdditions {
  /** Among those for all servers. */
  http?: string;
  /** In the server that clients reach; what is said there wins over what is said for all servers. */
  server?: string;
  /** First in the group of instances: how one is chosen. */
  upstream?: string;
}

/** What it has to know of an instance. */
type Address = Pick<Instance, 'name' | 'url'>;

const TEMPLATE = new URL('../deploy/nginx.conf.template', import.meta.url);
const WORKERS = 2;
/** While idle connections get fewer within this, there are busy clients among those that have them. */
const RESTING_MS = 500;
/** So often in a row no idle connection was seen. */
const LOOKS = 10;

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
  readonly #upstream: string;
  readonly #registered = new Map<string, Address>();
  /** Changes of the configuration, one after the other. */
  #changes: Promise<void> = Promise.resolve();

  constructor({ port, statusPort, dir, additions = {}, onDeath }: NginxOptions) {
    const files = nginxFiles(dir);
    const command = nginxCommand(files);
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
    this.#upstream = additions.upstream === undefined ? '' : `${additions.upstream}\n`;
    writeFileSync(files.config, fillTemplate(port, statusPort, files));
    writeAddition(files.http, additions.http);
    writeAddition(files.server, additions.server);
    this.#statusUrl = `http://127.0.0.1:${statusPort}/status`;
    this.#writeInstances();
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
    await this.#change(async () => {
      this.#registered.delete(instance.url);
      this.#writeInstances();
      const retired = await this.#reload();
      // Only the retired workers know the instance; they end with the last request that they have in flight.
      await until(() => this.#workers().every(worker => !retired.includes(worker)), {
        withinMs: 35_000, // worker_shutdown_timeout, and some
        what: `the requests in flight to ${instance.name} to end`,
      });
    });
  }

  async reload(): Promise<void> {
    await this.#change(async () => {
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
    const logged = statSync(this.#files.log).size;
    this.signal('SIGHUP');
    const replaced = () => {
      const log = readFrom(this.#files.log, logged);
      const living = this.#workers();
      const retiring = (pid: number) => log.includes(`[notice] ${pid}#${pid}: gracefully shutting down`);
      return (
        living.filter(pid => !retired.includes(pid)).length >= WORKERS &&
        retired.every(pid => !living.includes(pid) || retiring(pid))
      );
    };
    await until(replaced, {
      withinMs: 10_000,
      what: 'nginx to take up its new configuration',
      everyMs: 10,
    });
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
    const hosts = [...this.#registered.values()].map(instance => new URL(instance.url).host);
    // nginx takes no group without a server; one that is down answers as if all instances were.
    const lines = (options: string) => hosts.map(host => `server ${host} ${options};\n`).join('');
    const none = 'server 127.0.0.1:9 down;\n';
    writeFileSync(this.#files.instances, this.#upstream + (lines('max_fails=1 fail_timeout=1s') || none));
    writeFileSync(this.#files.anyInstance, lines('max_fails=0') || none);
  }
}

type NginxFiles = ReturnType<typeof nginxFiles>;

function nginxFiles(dir: string) {
  const state = join(dir, 'nginx');
  mkdirSync(state, { recursive: true });
  return {
    state,
    config: join(state, 'nginx.conf'),
    pid: join(state, 'nginx.pid'),
    instances: join(state, 'instances.conf'),
    http: join(state, 'http.d'),
    server: join(state, 'server.d'),
    closing: join(state, 'closing'),
    anyInstance: join(state, 'any-instance.conf'),
    accessLog: join(dir, 'access.log'),
    log: join(dir, 'balancer.log'),
  };
}

function nginxCommand(files: NginxFiles): [string, ...string[]] {
  // Started by root, the workers would become `nobody`, who cannot enter our folder. Others cannot choose.
  const group = process.platform === 'darwin' ? 'wheel' : 'root';
  const user = process.getuid?.() === 0 ? ` user root ${group};` : '';
  const program = findProgram('nginx');
  return [program, '-e', 'stderr', '-p', files.state, '-c', files.config, '-g', `daemon off;${user}`];
}

function fillTemplate(port: number, statusPort: number, files: NginxFiles): string {
  const values: Record<string, string> = {
    LISTEN: `127.0.0.1:${port}`,
    STATUS_LISTEN: `127.0.0.1:${statusPort}`,
    STATE_DIR: files.state,
    INSTANCES_DIR: files.state,
    ACCESS_LOG: files.accessLog,
  };
  return readFileSync(TEMPLATE, 'utf8').replace(
    /\$\{([A-Z_]+)\}/g,
    (whole, name: string) => values[name] ?? whole,
  );
}

function writeAddition(folder: string, directives: string | undefined): void {
  if (directives === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'additions.conf'), `${directives}\n`);
}

function memberPids(pgid: number): number[] {
  return groupMembers(pgid).map(member => member.pid);
}
