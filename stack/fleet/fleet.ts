/** Keeps a number of instances: starts what is missing, replaces what fails, ends what is too many. */
import { isDeepStrictEqual } from 'node:util';
import type { Instance, InstanceOptions, Keeper } from '../stack.ts';
import { type Member as Aged, toEnd } from './policy.ts';
import type { Group } from './profile.ts';

/** What it works with. */
export interface Hands {
  /** Starts one and registers it; resolves once it serves. */
  launch(options: InstanceOptions): Promise<Instance>;
  /** Deregisters it, lets it finish what is in flight, and ends it. */
  end(instance: Instance): Promise<void>;
  /** Whether the balancer has found it unhealthy. */
  unhealthy(instance: Instance): boolean;
  /** Told what happens, in words for a person. */
  say(message: string): void;
}

interface Member extends Aged {
  instance: Instance;
}

/** Until the next try, when an instance could not be started. */
const AGAIN_MS = 1_000;
/** Within which an instance starts. */
const START_MS = 20_000;

export class Fleet implements Keeper {
  readonly recoversWithinMs: number;
  readonly #group: Group;
  readonly #hands: Hands;
  /** Those that serve, or did until they were found unhealthy. */
  readonly #members = new Set<Member>();
  readonly #leaving = new Map<Instance, Promise<void>>();
  readonly #gone = new WeakSet<Instance>();
  /** What instances were started as, in the order in which that came into use. */
  readonly #launches: InstanceOptions[] = [];
  #starting = 0;
  #wanted = 0;
  #again: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();
  #closed = false;

  /** @param recoversWithinMs by the figures, and without the time that an instance takes to start */
  constructor(group: Group, hands: Hands, recoversWithinMs = 0) {
    this.recoversWithinMs = recoversWithinMs + START_MS;
    this.#group = group;
    this.#hands = hands;
  }

  /** Takes over those that a stack begins with, and keeps as many. */
  begin(instances: readonly Instance[]): void {
    for (const instance of instances) this.#join(instance);
    this.#wanted = this.#bounded(instances.length);
    this.look();
  }

  /** Somebody wants one more: as many are kept as the group may have. */
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

  /** Somebody ends one: as many are kept as the group must have. */
  async remove(instance: Instance): Promise<void> {
    if (this.#gone.has(instance)) return;
    if (!this.#leaving.has(instance)) this.#wanted = this.#bounded(this.#wanted - 1);
    const leaving = this.#end(instance);
    this.look();
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

  /** Looks whether all is as it is to be, and sees to it. */
  look(): void {
    if (this.#closed) return;
    for (const member of [...this.#members].filter(one => this.#fails(one))) {
      this.#hands.say(`${member.name} is unhealthy, and is replaced`);
      void this.#end(member.instance).catch(this.#tell);
    }
    while (this.#members.size + this.#starting < this.#wanted)
      void this.#launch(this.#launches.at(-1) ?? {}).catch(this.#tell);
    // Those that are starting may fail yet: only what serves can be too many.
    while (this.#members.size > this.#wanted) {
      const { policy } = this.#group;
      const { instance, name } = toEnd([...this.#members], policy, performance.now(), below);
      this.#hands.say(`${name} is one too many, and is ended (${policy})`);
      void this.#end(instance).catch(this.#tell);
    }
  }

  /** Nothing is started or ended by it from now on. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
  }

  #fails({ instance }: Member): boolean {
    return this.#hands.unhealthy(instance) && (this.#group.replaces === 'unhealthy' || !instance.running());
  }

  #bounded(count: number): number {
    return Math.min(this.#group.max, Math.max(this.#group.min, count));
  }

  #join(instance: Instance): void {
    const { name, options } = instance;
    const known = this.#launches.findIndex(other => isDeepStrictEqual(other, options));
    const launch = known === -1 ? this.#launches.push(options) - 1 : known;
    this.#members.add({ name, instance, launch, born: performance.now() });
  }

  async #launch(options: InstanceOptions): Promise<Instance> {
    this.#starting += 1;
    let instance: Instance;
    try {
      instance = await this.#hands.launch(options);
    } catch (error) {
      clearTimeout(this.#again);
      if (!this.#closed) this.#again = setTimeout(() => this.look(), AGAIN_MS);
      throw error;
    } finally {
      this.#starting -= 1;
    }
    this.#join(instance);
    this.#changed();
    return instance;
  }

  /** Once, whoever asks for it how often. */
  #end(instance: Instance): Promise<void> {
    const known = this.#leaving.get(instance);
    if (known !== undefined) return known;
    for (const member of this.#members) if (member.instance === instance) this.#members.delete(member);
    const leaving = this.#hands.end(instance).finally(() => {
      this.#leaving.delete(instance);
      this.#gone.add(instance);
      this.#changed();
    });
    this.#leaving.set(instance, leaving);
    return leaving;
  }

  #changed(): void {
    this.look();
    for (const listener of this.#listeners) listener();
  }

  readonly #tell = (error: unknown): void => {
    if (!this.#closed) this.#hands.say(error instanceof Error ? error.message : String(error));
  };
}

const below = (limit: number): number => Math.floor(Math.random() * limit);
