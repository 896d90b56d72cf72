/** Runs HAProxy as a child process: the second balancer of the local stack. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Changes } from './changes.ts';
import { HaproxyControl } from './haproxy-control.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
import type { LocalBalancer, Routed } from './stack.ts';
import { until } from './wait.ts';

export interface HaproxyOptions {
  /** Port to listen on, on 127.0.0.1. */
  port: number;
  /** An existing folder for HAProxy's configuration and log. */
  dir: string;
  /** Name of the cookie that pins visitors to instances. Absent: visitors are not pinned. */
  cookie?: string;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath?: (description: string) => void;
}

const TEMPLATE = new URL('../deploy/haproxy.cfg.template', import.meta.url);
/** The two backends in the template. Each of them lists all instances. */
const GROUPS = ['instances', 'any_instance'] as const;
/** Maximum time until an instance responds. */
const RESPONSE_TIMEOUT_MS = 10_000;
/** Maximum time of a request in flight after a reload: hard-stop-after in the template, plus a margin; milliseconds. */
const IN_FLIGHT_MS = 35_000;

/** An instance in the configuration. Deregistered instances stay there, disabled. */
interface Known {
  host: string;
  registered: boolean;
}

/**
 * Runs HAProxy in front of a changing set of instances. If the running process knows an instance, a change of this
 * instance needs no reload. The constructor throws MissingProgramError if HAProxy is not installed.
 */
export class Haproxy extends ServerProcess implements LocalBalancer {
  readonly url: string;
  readonly accessLog: string;
  readonly #options: HaproxyOptions;
  readonly #program: string;
  readonly #config: string;
  readonly #control: HaproxyControl;
  readonly #known = new Map<string, Known>();
  readonly forget?: () => Promise<void>;
  #forgotten = 0;
  #repeatMs: number | undefined;
  readonly #changes = new Changes();

  constructor(options: HaproxyOptions) {
    const { dir, onDeath } = options;
    const state = join(dir, 'haproxy');
    mkdirSync(state, { recursive: true });
    const config = join(state, 'haproxy.cfg');
    const socket = join(state, 'master.sock');
    const control = new HaproxyControl(socket);
    const program = findProgram('haproxy');
    const accessLog = join(dir, 'balancer.log');
    super({
      name: 'balancer',
      command: [program, '-W', '-db', '-f', config, '-S', `${socket},mode,600,level,admin`],
      log: accessLog,
      // Sends a command, because a killed master may have left a socket that no process reads.
      ready: async () => (await control.workers()).serving.length > 0,
      stopSignal: 'SIGUSR1', // SIGTERM would drop the requests in flight.
      stopMs: IN_FLIGHT_MS,
      ...(onDeath && { onDeath }),
    });
    this.url = `http://127.0.0.1:${options.port}`;
    this.accessLog = accessLog;
    this.#options = options;
    this.#program = program;
    this.#config = config;
    this.#control = control;
    this.#write();
    if (options.cookie === undefined) return;
    this.forget = () =>
      this.#changes.run(async () => {
        this.#forgotten += 1;
        this.#write();
        await this.#reload();
      });
  }

  async register(instance: Routed, via = instance.url): Promise<void> {
    await this.#changes.run(async () => {
      const isNew = !this.#known.has(instance.name);
      this.#put(instance.name, via);
      if (!this.running()) return;
      if (isNew) return this.#reload();
      const [ip, port] = new URL(via).host.split(':');
      for (const worker of (await this.#control.workers()).serving) {
        for (const server of serversOf(instance)) {
          await this.#control.order(worker, `set server ${server} addr ${ip} port ${port}`);
          await this.#control.order(worker, `set server ${server} state ready`);
        }
      }
    });
  }

  async registerAll(instances: readonly Routed[]): Promise<void> {
    await this.#changes.run(async () => {
      for (const { name, url } of instances) this.#put(name, url);
      if (this.running()) await this.#reload();
    });
  }

  async deregister(instance: Routed): Promise<void> {
    const before = await this.#changes.run(() => this.#retire(instance));
    // During this wait, other instances may be registered and deregistered.
    await until(() => this.#hasDrained(instance, before), {
      withinMs: IN_FLIGHT_MS,
      what: `the requests in flight to ${instance.name} to end`,
    });
  }

  async reload(): Promise<void> {
    await this.#changes.run(() => this.#reload());
  }

  async repeat(afterMs: number | undefined): Promise<void> {
    await this.#changes.run(async () => {
      this.#repeatMs = afterMs;
      this.#write();
      await this.#reload();
    });
    if (afterMs !== undefined) return;
    await until(async () => (await this.#control.workers()).retired.length === 0, {
      withinMs: IN_FLIGHT_MS,
      what: 'the workers that repeat requests to end',
    });
  }

  /** Also ends a configuration change that is in progress, so that no file is written after `dispose`. */
  override async dispose(): Promise<void> {
    const changed = this.#changes.end();
    await super.dispose();
    await changed;
  }

  #put(name: string, url: string): void {
    this.#known.set(name, { host: new URL(url).host, registered: true });
    this.#write();
  }

  /** Makes HAProxy send the instance no new requests. @returns workers that may still have requests in flight to it */
  async #retire(instance: Routed): Promise<number[]> {
    const known = this.#known.get(instance.name);
    if (known === undefined) return [];
    this.#known.set(instance.name, { ...known, registered: false });
    this.#write();
    if (!this.running()) return [];
    const { serving, retired } = await this.#control.workers();
    for (const worker of serving) {
      // The state `maint` gets no requests, not even from visitors who are pinned to the instance.
      for (const server of serversOf(instance))
        await this.#control.order(worker, `set server ${server} state maint`);
    }
    return [...serving, ...retired];
  }

  /**
   * Returns whether no request to the instance is in flight: no worker has one, and the retired workers of `before`
   * have ended.
   */
  async #hasDrained({ name }: Routed, before: readonly number[]): Promise<boolean> {
    if (before.length === 0) return true;
    const { serving, retired } = await this.#control.workers();
    if (retired.some(worker => before.includes(worker))) return false;
    const servers = await Promise.all(serving.map(worker => this.#control.servers(worker)));
    return servers.flat().every(server => server.name !== name || server.busy === 0);
  }

  /** Resolves once a new worker accepts all new connections. The old worker closes each connection after a response. */
  async #reload(): Promise<void> {
    await this.#checkConfiguration();
    const before = (await this.#control.workers()).serving;
    this.signal('SIGUSR2');
    const replaced = async () => {
      const { serving } = await this.#control.workers();
      return serving.length > 0 && !serving.some(worker => before.includes(worker));
    };
    await until(replaced, {
      withinMs: 10_000,
      what: 'HAProxy to take up its new configuration',
      everyMs: 10,
      signal: this.#changes.signal,
    });
  }

  /** Throws if the configuration is invalid. HAProxy would ignore the reload, and report the error only in its log. */
  async #checkConfiguration(): Promise<void> {
    try {
      await promisify(execFile)(this.#program, ['-c', '-f', this.#config]);
    } catch (error) {
      throw new Error(`HAProxy refuses its configuration: ${error instanceof Error ? error.message : error}`);
    }
  }

  #write(): void {
    const { port, cookie } = this.#options;
    const servers = (more: string) =>
      [...this.#known]
        .map(([name, { host, registered }]) => {
          const value = this.#forgotten === 0 ? name : `${name}:${this.#forgotten}`;
          const options = [cookie && `cookie ${value}`, !registered && 'disabled', more].filter(Boolean);
          return `  server ${name} ${host} ${options.join(' ')}`;
        })
        .join('\n');
    const values: Record<string, string> = {
      LISTEN: `127.0.0.1:${port}`,
      COOKIE: cookie ? `cookie ${cookie} insert indirect nocache httponly attr SameSite=Lax` : '',
      ANSWER_IN: `${this.#repeatMs ?? RESPONSE_TIMEOUT_MS}ms`,
      REPEAT_ON: this.#repeatMs === undefined ? 'conn-failure' : 'conn-failure response-timeout',
      CHECKED: servers('check'),
      UNCHECKED: servers(''),
    };
    const fill = (whole: string, name: string) => values[name] ?? whole;
    writeFileSync(this.#config, readFileSync(TEMPLATE, 'utf8').replace(/\$\{([A-Z_]+)\}/g, fill));
  }
}

/** Returns the names by which commands address an instance: one name in each of the two backends. */
const serversOf = ({ name }: Routed): string[] => GROUPS.map(group => `${group}/${name}`);
