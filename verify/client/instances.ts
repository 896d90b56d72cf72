/** The instances that a run has met, and how to reach a given one. */
import type { Operation } from '../core/history.ts';
import type { Target } from '../target/load.ts';

/** How a request gets to one instance. */
export interface Way {
  /** Its own address, past the balancer. */
  origin?: string;
  /** What the balancer goes by. */
  headers?: Record<string, string>;
  cookies?: Record<string, string>;
}

export class Instances {
  readonly #target: Pick<Target, 'instance' | 'routing'>;
  readonly #met = new Set<string>();

  constructor(target: Pick<Target, 'instance' | 'routing'>) {
    this.#target = target;
  }

  met({ instance }: Operation): void {
    if (instance !== undefined) this.#met.add(instance);
  }

  /** From now on there are these and no others. */
  only(names: readonly string[]): void {
    this.#met.clear();
    for (const name of names) this.#met.add(name);
  }

  /** By name, in their order: those that answered, and those that the target file gives an address. */
  names(): string[] {
    const addressed = this.#target.routing === 'sticky' ? {} : this.#target.instance?.addresses;
    return [...new Set([...this.#met, ...Object.keys(addressed ?? {})])].sort();
  }

  /** @returns undefined where an instance cannot be chosen: nobody may get past a sticky balancer, for one */
  way(name: string): Way | undefined {
    const { instance, routing } = this.#target;
    if (instance === undefined || routing === 'sticky') return undefined;
    const origin = instance.addresses?.[name];
    if (origin !== undefined) return { origin };
    const { steer } = instance;
    if (steer === undefined) return undefined;
    return 'header' in steer ? { headers: { [steer.header]: name } } : { cookies: { [steer.cookie]: name } };
  }
}
