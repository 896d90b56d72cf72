/** Runs a balancer as a child process. Adds and removes instances without losing a request. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Changes } from './changes.ts';
import { ServerProcess, type ServerSpec } from './process.ts';
import type { Balancer, OnDeath, Routed } from './stack.ts';
import { until } from './wait.ts';

export interface BalancerPlace {
  port: number;
  dir: string;
  onDeath?: OnDeath;
}

export interface Workers {
  serving: number[];
  /** Workers of an old configuration: they finish their requests, and accept no new connections. */
  retired: number[];
}

export interface BalancerSpec
  extends Pick<ServerSpec, 'command' | 'log' | 'ready' | 'stopSignal' | 'stopMs' | 'onDeath'> {
  url: string;
  /** Path of the balancer's request log. */
  accessLog: string;
  /** Command that exits with an error if the configuration is invalid. */
  check: readonly [string, ...string[]];
  reloadSignal: NodeJS.Signals;
  workers: number;
  /** Maximum time for which a request may run after a reload, milliseconds. */
  inFlightMs: number;
  /** True if the balancer pins visitors to instances. */
  pins: boolean;
}

/** A balancer that runs as a local process. After `dispose`, the balancer cannot be started again. */
export abstract class BalancerProcess extends ServerProcess implements Balancer {
  readonly url: string;
  readonly accessLog: string;
  readonly forget?: () => Promise<void>;
  protected readonly routed = new Map<string, Routed>();
  protected forgotten = 0;
  /** Time without a response after which the balancer resends a request to a second instance, milliseconds. */
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

  protected abstract write(): void;
  protected abstract workers(): Promise<Workers>;

  /** @param via address of the proxy between balancer and instance; by default the instance's own address */
  register(instance: Routed, via = instance.url): Promise<void> {
    return this.#change(() => this.routed.set(instance.name, { name: instance.name, url: via }));
  }

  registerAll(instances: readonly Routed[]): Promise<void> {
    return this.#change(() => {
      for (const { name, url } of instances) this.routed.set(name, { name, url });
    });
  }

  /** Removes an instance, and waits until its requests in flight have ended. */
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

  override async dispose(): Promise<void> {
    const changed = this.changes.end();
    await super.dispose();
    await changed;
  }

  /** Returns the worker processes that may still have requests in flight to the removed instance. */
  protected async retire({ name }: Routed): Promise<number[]> {
    this.routed.delete(name);
    this.write();
    if (!this.running()) return [];
    const { serving, retired } = await this.workers();
    await this.#apply();
    return [...serving, ...retired];
  }

  protected async hasDrained(_instance: Routed, before: readonly number[]): Promise<boolean> {
    const { serving, retired } = await this.workers();
    return ![...serving, ...retired].some(worker => before.includes(worker));
  }

  protected async replaceWorkers(): Promise<void> {
    const before = (await this.workers()).serving;
    this.requireRunning('reload').child.kill(this.balancer.reloadSignal);
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

  #change(edit: () => unknown): Promise<void> {
    return this.changes.run(async () => {
      edit();
      this.write();
      if (this.running()) await this.#apply();
    });
  }

  /** Throws if the configuration is invalid. At a reload, a balancer would only log the error. */
  async #apply(): Promise<void> {
    const [program, ...args] = this.balancer.check;
    await promisify(execFile)(program, args).catch((error: Error) => {
      throw new Error(`the balancer refuses its configuration: ${error.message}`);
    });
    await this.replaceWorkers();
  }
}
