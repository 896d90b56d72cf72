/** Lists the instances of the target, and how a client can send a request to each. */
import type { Operation } from '../core/history/history.ts';
import type { Target } from '../target/load.ts';

export interface Way {
  /** Address of the instance itself, to bypass the balancer. */
  origin?: string;
  /** A header or a cookie by which the balancer routes the request to this instance. */
  headers?: Record<string, string>;
  cookies?: Record<string, string>;
}

export class Instances {
  readonly #target: Pick<Target, 'instance' | 'routing'>;
  readonly #known = new Set<string>();

  constructor(target: Pick<Target, 'instance' | 'routing'>) {
    this.#target = target;
  }

  saw({ instance }: Operation): void {
    if (instance !== undefined) this.#known.add(instance);
  }

  only(names: readonly string[]): void {
    this.#known.clear();
    for (const name of names) this.#known.add(name);
  }

  /**
   * Returns the sorted names of all known instances: they have served a request, or have an address in the target file.
   */
  names(): string[] {
    const addressed = this.#target.routing === 'sticky' ? {} : this.#target.instance?.addresses;
    return [...new Set([...this.#known, ...Object.keys(addressed ?? {})])].sort();
  }

  /** Returns how to send a request to an instance; undefined if the target file does not say how. */
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
