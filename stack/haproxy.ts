/** HAProxy as a child process: the other balancer of the local stack. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LocalBalancer, Routed } from './balancer.ts';
import { HaproxyControl } from './haproxy-control.ts';
import { ServerProcess } from './process.ts';
import { findProgram } from './programs.ts';
import { until } from './wait.ts';

export interface HaproxyOptions {
  /** Listens there, on 127.0.0.1. */
  port: number;
  /** An existing folder for its configuration and log. */
  dir: string;
  /** The cookie by which it keeps each visitor on one instance; it keeps nobody without. */
  cookie?: string;
  health?: Health;
  /** Told how it ended, with its last output, when nobody asked it to. */
  onDeath?: (description: string) => void;
}

/** How it finds out whether an instance is fit for requests: any answer below 500 says so. */
interface Health {
  path: string;
  everyMs: number;
  /** So many bad answers in a row, or none, and it is asked no more. */
  unhealthy: number;
  /** So many good ones, and it is asked again. */
  healthy: number;
}

const HEALTH: Health = { path: '/readyz', everyMs: 500, unhealthy: 2, healthy: 2 };

const TEMPLATE = new URL('../deploy/haproxy.cfg.template', import.meta.url);
/** The groups of instances in the template. */
const GROUPS = ['instances', 'any_instance'] as const;
const ANSWER_IN_MS = 10_000;
/** hard-stop-after of the template, and some. */
const IN_FLIGHT_MS = 35_000;

/** One that it has had: those that have left stay in its configuration, out of use. */
interface Known {
  host: string;
  registered: boolean;
}

/**
 * HAProxy before a changing set of instances. The configuration holds all of them; what changes of one that the
 * running process knows is told to it without a reload.
 * The constructor throws MissingProgramError if HAProxy is not installed.
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
  /** Changes, one after the other. */
  #changes: Promise<void> = Promise.resolve();

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
      env: process.env,
      log: accessLog,
      // The socket of a master that was killed answers nobody.
      ready: async () => (await control.workers()).serving.length > 0,
      stopSignal: 'SIGUSR1', // SIGTERM would drop what is in flight.
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
      this.#change(async () => {
        this.#forgotten += 1;
        this.#write();
        await this.#reload();
      });
  }

  async register(instance: Routed, via = instance.url): Promise<void> {
    await this.#change(async () => {
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
    await this.#change(async () => {
      for (const { name, url } of instances) this.#put(name, url);
      if (this.running()) await this.#reload();
    });
  }

  async deregister(instance: Routed): Promise<void> {
    const before = await this.#change(() => this.#retire(instance));
    // Others may join and leave meanwhile.
    await until(() => this.#isRidOf(instance, before), {
      withinMs: IN_FLIGHT_MS,
      what: `the requests in flight to ${instance.name} to end`,
    });
  }

  async reload(): Promise<void> {
    await this.#change(() => this.#reload());
  }

  async repeat(afterMs: number | undefined): Promise<void> {
    await this.#change(async () => {
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

  async #change<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(change);
    // Told to whoever asked for it; the next change has its own chance.
    this.#changes = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  #put(name: string, url: string): void {
    this.#known.set(name, { host: new URL(url).host, registered: true });
    this.#write();
  }

  /** Nothing new is sent to it. @returns the workers that may have something in flight to it */
  async #retire(instance: Routed): Promise<number[]> {
    const known = this.#known.get(instance.name);
    if (known === undefined) return [];
    this.#known.set(instance.name, { ...known, registered: false });
    this.#write();
    if (!this.running()) return [];
    const { serving, retired } = await this.#control.workers();
    for (const worker of serving) {
      // Also those with its cookie go elsewhere from now on.
      for (const server of serversOf(instance))
        await this.#control.order(worker, `set server ${server} state maint`);
    }
    return [...serving, ...retired];
  }

  /** A worker that a reload has retired goes by what it knew until its last connection has ended. */
  async #isRidOf({ name }: Routed, before: readonly number[]): Promise<boolean> {
    if (before.length === 0) return true;
    const { serving, retired } = await this.#control.workers();
    if (retired.some(worker => before.includes(worker))) return false;
    const servers = await Promise.all(serving.map(worker => this.#control.servers(worker)));
    return servers.flat().every(server => server.name !== name || server.busy === 0);
  }

  /** Resolves once another worker takes all new connections; what the old one has ends with its next answers. */
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
    });
  }

  /** HAProxy goes on as it was after a reload with a wrong configuration, and says so only in its log. */
  async #checkConfiguration(): Promise<void> {
    try {
      await promisify(execFile)(this.#program, ['-c', '-f', this.#config]);
    } catch (error) {
      throw new Error(`HAProxy refuses its configuration: ${error instanceof Error ? error.message : error}`);
    }
  }

  #write(): void {
    const { port, cookie, health = HEALTH } = this.#options;
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
      ANSWER_IN: `${this.#repeatMs ?? ANSWER_IN_MS}ms`,
      REPEAT_ON: this.#repeatMs === undefined ? 'conn-failure' : 'conn-failure response-timeout',
      CHECK_PATH: health.path,
      CHECK_EVERY: `${health.everyMs}ms`,
      CHECK_FALL: `${health.unhealthy}`,
      CHECK_RISE: `${health.healthy}`,
      CHECKED: servers('check'),
      UNCHECKED: servers(''),
    };
    const fill = (whole: string, name: string) => values[name] ?? whole;
    writeFileSync(this.#config, readFileSync(TEMPLATE, 'utf8').replace(/\$\{([A-Z_]+)\}/g, fill));
  }
}

/** As orders name an instance, in each group. */
const serversOf = ({ name }: Routed): string[] => GROUPS.map(group => `${group}/${name}`);
