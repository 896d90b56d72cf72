/** nginx in a container: deploy/balancer.sh does there what stack/nginx.ts does here. */
import { ContainerService, type ContainerSpec } from './container.ts';
import { run } from './engine.ts';
import type { Balancer, Instance } from './stack.ts';

const SCRIPT = ['bash', '/baton/balancer.sh'] as const;
/** Where instances listen in their own containers; docker-compose.yml says so too. */
export const INSTANCE_PORT = 3000;

/** As balancer.sh takes an instance: the name is that of its service, which the engine's DNS knows. */
export function routeTo(name: string): string {
  return `${name}:${INSTANCE_PORT}`;
}

export class ComposeBalancer extends ContainerService implements Balancer {
  readonly url: string;
  readonly #registered: Set<string>;
  /** Changes of the configuration, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  /** `registered`: the names that its environment began with. */
  constructor(url: string, registered: readonly string[], spec: Omit<ContainerSpec, 'ready' | 'name'>) {
    const ready = async () => (await run(spec.container, ...SCRIPT, 'healthy')) !== undefined;
    super({ ...spec, name: 'balancer', ready });
    this.url = url;
    this.#registered = new Set(registered);
  }

  async register({ name }: Pick<Instance, 'name'>): Promise<void> {
    await this.#change(() => this.#registered.add(name));
  }

  async deregister({ name }: Pick<Instance, 'name'>): Promise<void> {
    await this.#change(() => this.#registered.delete(name));
  }

  async reload(): Promise<void> {
    await this.#change(() => {});
  }

  async #change(change: () => unknown): Promise<void> {
    const done = this.#changes.then(async () => {
      change();
      await run(this.container, ...SCRIPT, 'route', ...[...this.#registered].map(routeTo));
    });
    this.#changes = done.catch(() => {}); // Told to whoever asked for it; the next change has its own chance.
    await done;
  }
}
