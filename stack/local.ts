/** Runs the stack as local processes: the session store, the balancer and any number of instances. */

import { join } from 'node:path';
import { instanceLog } from '../verify/import/log-file.ts';
import { type BackingServers, planBacking } from './backing.ts';
import type { BalancerProcess } from './balancer-process.ts';
import { BALANCERS, type BalancerKind, balancerOf } from './balancers.ts';
import {
  BundledStack,
  Deaths,
  instancesOf,
  type NewInstance,
  type OwnInstance,
  portOf,
} from './bundled-stack.ts';
import { type Fleet, fleetOf } from './fleet/fleet.ts';
import type { Profile } from './fleet/profile.ts';
import { localInstance } from './instance.ts';
import { ProxyLink } from './link.ts';
import type { NginxAdditions } from './nginx.ts';
import type { BackingServer } from './servers.ts';
import type { Instance, InstanceOptions, Stack, StackOptions } from './stack.ts';
import type { Sticky } from './sticky.ts';
import { makeFolder, removeFolder, temporaryPath } from './watchdog.ts';

/** A program that the stack starts in addition to the app, such as a mailbox. */
export interface Beside {
  /** Environment variables for all instances, with the address of the program. */
  env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface LocalStackOptions extends StackOptions {
  /** How nginx pins visitors to instances. HAProxy supports only `duration`. Absent: visitors are not pinned. */
  sticky?: Sticky | undefined;
  /** Load balancer and instance group to imitate. Requires nginx. */
  profile?: Profile | undefined;
  /** Additional directives for nginx. If given, the balancer is nginx, whatever STACK_BALANCER says. */
  nginx?: NginxAdditions;
  /** Additional arguments of redis-server. They override Baton's own arguments. */
  redis?: readonly string[];
  /** Starts an additional program once Redis is ready. The stack stops the program after the instances. */
  beside?: (redis: BackingServer, url: string) => Promise<Beside>;
}

/**
 * Starts the stack as local processes, and waits until all are ready. Stops everything when this process ends.
 * @throws MissingProgramError if a program is not installed; Error with the output of a process that did not start
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<Stack> {
  const environments = instancesOf(options).map(({ env }) => ({ ...process.env, ...options.env, ...env }));
  const { sticky, profile, redis } = options;
  const wanted = { additions: options.nginx, sticky, profile };
  const kind = balancerOf({ ...process.env, ...options.env }, wanted);
  const dir = temporaryPath('baton-stack-');
  const deaths = new Deaths(options.onDeath);
  const backing = await planBacking({ environments, redis, balancer: kind, onDeath: deaths.report });
  options.signal?.throwIfAborted();
  const port = await portOf(options);
  makeFolder(dir);
  const balancer = await BALANCERS[kind].plan({ ...wanted, dir, port, onDeath: deaths.report });
  return new LocalStack(options, { dir, deaths, kind, balancer, backing }).begin();
}

interface Plan {
  dir: string;
  deaths: Deaths;
  kind: BalancerKind;
  balancer: BalancerProcess;
  backing: BackingServers;
}

class LocalStack extends BundledStack {
  override readonly balancer: BalancerProcess;
  override readonly store: BackingServer;
  override readonly servers: readonly BackingServer[];
  readonly fleet?: Fleet;
  declare protected readonly options: LocalStackOptions;
  readonly #plan: Plan;
  /**
   * Key: address; value: name of the instance. Includes removed instances, because the balancer's log may still have
   * them.
   */
  readonly #names = new Map<string, string>();
  readonly #links = new Map<string, ProxyLink>();
  #beside: Beside | undefined;

  constructor(options: LocalStackOptions, plan: Plan) {
    const { deaths, kind, balancer, backing } = plan;
    super(balancer.url, options, deaths);
    this.#plan = plan;
    this.balancer = balancer;
    this.store = backing.store;
    this.servers = backing.servers;
    const fleet = fleetOf(balancer, options.profile, {
      launch: options => super.add(options),
      end: instance => super.remove(instance),
      report: message => options.onStep?.(message),
    });
    if (fleet) this.fleet = fleet;
    this.logs.push(BALANCERS[kind].log(balancer.accessLog, address => this.#names.get(address)));
  }

  protected override async startAll(): Promise<void> {
    const { onStep, links, beside } = this.options;
    onStep?.(`starting ${this.servers.map(({ name }) => name).join(' and ')}`);
    await Promise.all(this.servers.map(server => server.start()));
    if (links)
      for (const server of this.servers)
        if (server.failover === undefined) await this.#openLink(server.name, server.port);
    this.#beside = await beside?.(this.#plan.backing.redis, this.url);
    // If the start was aborted during this call, the stack has stopped, but not the program that the call started.
    if (this.isStopped()) await this.#beside?.stop();
    onStep?.(`starting ${instancesOf(this.options).length} instances`);
    const created = await this.createAll();
    await Promise.all(created.map(instance => instance.start()));
    onStep?.(`starting ${this.#plan.kind}`);
    await this.balancer.registerAll(created);
    await this.balancer.start();
    this.fleet?.begin(created);
  }

  override add(options: InstanceOptions = {}): Promise<Instance> {
    return this.fleet?.add(options) ?? super.add(options);
  }

  override remove(instance: Instance): Promise<void> {
    return this.fleet?.remove(instance) ?? super.remove(instance);
  }

  protected override async startAdded(instance: OwnInstance): Promise<void> {
    await instance.start();
    if (this.fleet) this.options.onStep?.(`${instance.name} has started`);
  }

  async link(to: string): Promise<ProxyLink> {
    const known = this.#links.get(to);
    if (this.servers.some(({ name }) => name === to)) {
      if (known !== undefined) return known;
      throw new Error(`expected a stack that was started with the option links, because ${to} has no link`);
    }
    const instance = this.named(to);
    const link = known ?? (await this.#openLink(to, Number(new URL(instance.url).port)));
    const host = `127.0.0.1:${link.port}`;
    this.#names.set(host, to);
    await this.balancer.register(instance, `http://${host}`);
    return link;
  }

  async unlink(to: string): Promise<void> {
    const link = this.#links.get(to);
    if (link === undefined) return;
    await link.restore();
    const instance = this.all.find(({ name }) => name === to);
    if (instance !== undefined) await this.balancer.register(instance); // Otherwise the fleet has replaced the instance.
  }

  async #openLink(to: string, port: number): Promise<ProxyLink> {
    const link = new ProxyLink(port);
    await link.open();
    this.#links.set(to, link);
    return link;
  }

  protected override prepare(planned: NewInstance): OwnInstance {
    const log = join(this.#plan.dir, `${planned.name}.log`);
    const { fleet } = this;
    const { env, onStep } = this.options;
    const replaced = (description: string) => onStep?.(description.split('\n', 1).join());
    const instance = localInstance({
      ...planned,
      log,
      shared: { ...this.#backingEnv(), ...env, ...this.#beside?.env },
      onDeath: fleet === undefined ? this.deaths.report : replaced,
    });
    this.#names.set(new URL(instance.url).host, planned.name);
    this.logs.push(instanceLog(planned.name, log));
    return instance;
  }

  #backingEnv(): Record<string, string> {
    const { servers, url } = this;
    const variables: Record<string, string> = { PUBLIC_URL: url };
    for (const server of servers)
      for (const [name, address] of Object.entries(server.addresses)) {
        const link = this.#links.get(server.name);
        variables[name] = link === undefined ? address : address.replace(`:${server.port}`, `:${link.port}`);
      }
    return variables;
  }

  protected override async stopAll(): Promise<void> {
    this.fleet?.close();
    // Stops the balancer first, so that no request reaches a process that has ended.
    await this.balancer.dispose();
    await Promise.all(this.all.map(instance => instance.dispose()));
    await Promise.all([...this.#links.values()].map(link => link.refuse()));
    await this.#beside?.stop();
    await Promise.all(this.servers.map(server => server.dispose()));
    removeFolder(this.#plan.dir);
  }
}
