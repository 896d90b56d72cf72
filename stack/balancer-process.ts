/** The part that all balancers of this machine share: they change which instances get requests, and lose no request. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Changes } from './changes.ts';
import { ServerProcess, type ServerSpec } from './process.ts';
import type { Balancer, OnDeath, Routed } from './stack.ts';
import { until } from './wait.ts';

export interface BalancerPlace {
  /** Port to listen on, on 127.0.0.1. */
  port: number;
  /** An existing folder for the balancer's configuration, temporary files and logs. */
  dir: string;
  onDeath?: OnDeath;
}

/** Process ids of a balancer's workers. */
export interface Workers {
  /** The workers that accept new connections. */
  serving: number[];
  /** The workers that a reload has retired, and that may still have requests in flight. */
  retired: number[];
}

export interface BalancerSpec
  extends Pick<ServerSpec, 'command' | 'log' | 'ready' | 'stopSignal' | 'stopMs' | 'onDeath'> {
  url: string;
  /** File with one line for each request; its template in deploy/ defines the format. */
  accessLog: string;
  /** Command that fails with a message if the configuration is invalid. */
  check: readonly [string, ...string[]];
  /** Signal that makes the balancer read its configuration again, and replace its workers. */
  reloadSignal: NodeJS.Signals;
  /** Number of workers. */
  workers: number;
  /** Maximum time of a request in flight after a reload, milliseconds. */
  inFlightMs: number;
  /** True if the balancer pins visitors to instances, and can forget that. */
  pins: boolean;
}

/** A balancer that runs as a process of this machine. After `dispose` it cannot be started again. */
export abstract class BalancerProcess extends ServerProcess implements Balancer {
  readonly url: string;
  readonly accessLog: string;
  readonly forget?: () => Promise<void>;
  /** The instances that get requests, by name. `url` is the address at which the balancer reaches the instance. */
  protected readonly routed = new Map<string, Routed>();
  /** Number of calls of `forget` so far. */
  protected forgotten = 0;
  /** A request without a response for this time, milliseconds, is also sent to another instance. */
  protected repeatMs: number | undefined;
  protected readonly changes = new Changes();
  protected readonly balancer: BalancerSpec;

  constructor(spec: BalancerSpec) {
    super({ ...spec, name: 'balancer' });
    this.balancer = spec;
    this.url = spec.url;
    this.accessLog = spec.accessLog;
    if (spec.pins)
      this.forget = () =>
        this.#change(() => {
          this.forgotten += 1;
        });
  }

  /** Writes the configuration. */
  protected abstract write(): void;
  protected abstract workers(): Promise<Workers>;

  /** @param via the address at which the balancer reaches the instance, if it is not the instance's own address */
  register(instance: Routed, via = instance.url): Promise<void> {
    return this.#change(() => this.routed.set(instance.name, { name: instance.name, url: via }));
  }

  /** Registers several instances with one reload; before the start, without a reload. */
  registerAll(instances: readonly Routed[]): Promise<void> {
    return this.#change(() => {
      for (const { name, url } of instances) this.routed.set(name, { name, url });
    });
  }

  /** Does not block other changes while it waits for the requests in flight. */
  async deregister(instance: Routed): Promise<void> {
    const before = await this.changes.run(() => this.retire(instance));
    await until(() => this.hasDrained(instance, before), {
      withinMs: this.balancer.inFlightMs,
      everyMs: 50,
      what: `the requests in flight to ${instance.name} to end`,
    });
  }

  reload(): Promise<void> {
    return this.changes.run(() => this.#apply());
  }

  repeat(afterMs: number | undefined): Promise<void> {
    return this.#change(() => {
      this.repeatMs = afterMs;
    });
  }

  /** Also ends a configuration change that is in progress, so that no file is written after `dispose`. */
  override async dispose(): Promise<void> {
    const changed = this.changes.end();
    await super.dispose();
    await changed;
  }

  /** Sends the instance no new requests. @returns the workers that may have requests in flight to it */
  protected async retire({ name }: Routed): Promise<number[]> {
    this.routed.delete(name);
    this.write();
    if (!this.running()) return [];
    const { serving, retired } = await this.workers();
    await this.#apply();
    return [...serving, ...retired];
  }

  /** Returns whether no request to a retired instance is in flight. @param before the workers that may have one */
  protected async hasDrained(_instance: Routed, before: readonly number[]): Promise<boolean> {
    const { serving, retired } = await this.workers();
    return ![...serving, ...retired].some(worker => before.includes(worker));
  }

  /** Makes the balancer read its configuration again. Resolves once only new workers accept new connections. */
  protected async replaceWorkers(): Promise<void> {
    const before = (await this.workers()).serving;
    this.signal(this.balancer.reloadSignal);
    const replaced = async () => {
      const { serving } = await this.workers();
      return serving.length >= this.balancer.workers && !serving.some(worker => before.includes(worker));
    };
    await until(replaced, {
      withinMs: 10_000,
      everyMs: 10,
      what: 'the balancer to take up its new configuration',
      signal: this.changes.signal,
    });
  }

  /** Changes the configuration: with a reload if the balancer runs, else for its next start. */
  #change(edit: () => unknown): Promise<void> {
    return this.changes.run(async () => {
      edit();
      this.write();
      if (this.running()) await this.#apply();
    });
  }

  /** Throws if the configuration is invalid. The balancer would ignore it, and report the error only in its log. */
  async #apply(): Promise<void> {
    const [program, ...args] = this.balancer.check;
    await promisify(execFile)(program, args).catch((error: Error) => {
      throw new Error(`the balancer refuses its configuration: ${error.message}`);
    });
    await this.replaceWorkers();
  }
}
