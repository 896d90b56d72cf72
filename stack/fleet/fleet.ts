/** Keeps the number of instances constant: replaces failed instances, and ends surplus instances. */

import { isDeepStrictEqual } from 'node:util';
import type { BalancerProcess } from '../balancer-process.ts';
import type { Instance, InstanceOptions, Keeper } from '../stack.ts';
import { CheckedNginx } from './checked-nginx.ts';
import { type Group, type Profile, replacedWithinMs } from './profile.ts';

export interface FleetActions {
  /** Starts and registers an instance. Resolves once the instance serves requests. */
  launch(options: InstanceOptions): Promise<Instance>;
  /** Deregisters an instance, waits for its requests in flight, and ends the instance. */
  end(instance: Instance): Promise<void>;
  unhealthy(instance: Instance): boolean;
  report(message: string): void;
}

interface Member {
  instance: Instance;
  launch: number;
}

const RETRY_MS = 1_000;
const START_MS = 20_000;

export class Fleet implements Keeper {
  readonly recoversWithinMs: number;
  readonly #group: Group;
  readonly #actions: FleetActions;
  readonly #members = new Set<Member>();
  readonly #leaving = new Map<Instance, Promise<void>>();
  readonly #ended = new WeakSet<Instance>();
  readonly #launches: InstanceOptions[] = [];
  #starting = 0;
  #wanted = 0;
  #again: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();
  #closed = false;

  constructor(group: Group, actions: FleetActions, recoversWithinMs = 0) {
    this.recoversWithinMs = recoversWithinMs + START_MS;
    this.#group = group;
    this.#actions = actions;
  }

  begin(instances: readonly Instance[]): void {
    for (const instance of instances) this.#join(instance);
    this.#wanted = this.#bounded(instances.length);
    this.reconcile();
  }

  /** Adds an instance, unless the group has its maximum size. */
  async add(options: InstanceOptions): Promise<Instance> {
    const more = this.#bounded(this.#wanted + 1) - this.#wanted;
    this.#wanted += more;
    try {
      return await this.#launch(options);
    } catch (error) {
      this.#wanted -= more;
      throw error;
    }
  }

  /** Ends an instance, unless the group has its minimum size. */
  async remove(instance: Instance): Promise<void> {
    if (this.#ended.has(instance)) return;
    if (!this.#leaving.has(instance)) this.#wanted = this.#bounded(this.#wanted - 1);
    const leaving = this.#end(instance);
    this.reconcile();
    await leaving;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  whole(): boolean {
    const quiet = this.#starting === 0 && this.#leaving.size === 0 && this.#members.size === this.#wanted;
    return quiet && ![...this.#members].some(member => this.#fails(member));
  }

  reconcile(): void {
    if (this.#closed) return;
    for (const member of [...this.#members].filter(one => this.#fails(one))) {
      this.#actions.report(`${member.instance.name} is unhealthy, and is replaced`);
      void this.#end(member.instance).catch(this.#reportError);
    }
    while (this.#members.size + this.#starting < this.#wanted)
      void this.#launch(this.#launches.at(-1) ?? {}).catch(this.#reportError);
    while (this.#members.size > this.#wanted) {
      const { policy } = this.#group;
      const members = [...this.#members];
      const launch = Math.min(...members.map(member => member.launch));
      const first = members.find(member => policy === 'OldestInstance' || member.launch === launch);
      const { instance } = first as Member;
      this.#actions.report(
        `ends ${instance.name}, because more instances run than wanted (policy ${policy})`,
      );
      void this.#end(instance).catch(this.#reportError);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
  }

  #fails({ instance }: Member): boolean {
    return this.#actions.unhealthy(instance) && (this.#group.replaces === 'unhealthy' || !instance.running());
  }

  #bounded(count: number): number {
    return Math.min(this.#group.max, Math.max(this.#group.min, count));
  }

  #join(instance: Instance): void {
    const { options } = instance;
    const known = this.#launches.findIndex(other => isDeepStrictEqual(other, options));
    const launch = known === -1 ? this.#launches.push(options) - 1 : known;
    this.#members.add({ instance, launch });
  }

  async #launch(options: InstanceOptions): Promise<Instance> {
    this.#starting += 1;
    let instance: Instance;
    try {
      instance = await this.#actions.launch(options);
    } catch (error) {
      clearTimeout(this.#again);
      if (!this.#closed) this.#again = setTimeout(() => this.reconcile(), RETRY_MS);
      throw error;
    } finally {
      this.#starting -= 1;
    }
    this.#join(instance);
    this.#changed();
    return instance;
  }

  /** Ends an instance. A second call for the same instance waits for the first call. */
  #end(instance: Instance): Promise<void> {
    const known = this.#leaving.get(instance);
    if (known !== undefined) return known;
    for (const member of this.#members) if (member.instance === instance) this.#members.delete(member);
    const leaving = this.#actions.end(instance).finally(() => {
      this.#leaving.delete(instance);
      this.#ended.add(instance);
      this.#changed();
    });
    this.#leaving.set(instance, leaving);
    return leaving;
  }

  #changed(): void {
    this.reconcile();
    for (const listener of this.#listeners) listener();
  }

  readonly #reportError = (error: unknown): void => {
    if (!this.#closed) this.#actions.report(error instanceof Error ? error.message : String(error));
  };
}

/** Returns the fleet for a load balancer and group; undefined if the balancer has no health checks. */
export function fleetOf(
  balancer: BalancerProcess,
  profile: Profile | undefined,
  actions: Omit<FleetActions, 'unhealthy'>,
): Fleet | undefined {
  if (!(balancer instanceof CheckedNginx)) return undefined;
  const unhealthy: FleetActions['unhealthy'] = instance => balancer.state(instance) === 'unhealthy';
  const fleet =
    profile?.group && new Fleet(profile.group, { ...actions, unhealthy }, replacedWithinMs(profile));
  balancer.onHealth = ({ name }, state) => {
    actions.report(`${name} was found ${state}`);
    fleet?.reconcile();
  };
  return fleet;
}
