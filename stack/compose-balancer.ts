/** Controls nginx in a container through the script deploy/balancer.sh. */
import { Changes } from './changes.ts';
import { ContainerService, type ContainerSpec } from './container.ts';
import { docker } from './docker.ts';
import type { Balancer, Instance } from './stack.ts';

const SCRIPT = ['bash', '/baton/balancer.sh'] as const;
/** Port on which instances listen in their containers; docker-compose.yml has the same number. */
export const INSTANCE_PORT = 3000;

/** Returns an instance's address for balancer.sh: the name of its compose service, which Docker's DNS resolves. */
export function routeTo(name: string): string {
  return `${name}:${INSTANCE_PORT}`;
}

export class ComposeBalancer extends ContainerService implements Balancer {
  readonly #routed = new Set<string>();
  readonly #changes = new Changes();

  constructor(spec: Omit<ContainerSpec, 'ready' | 'name'>) {
    const ready = async () => (await docker('exec', spec.container, ...SCRIPT, 'healthy')) !== undefined;
    super({ ...spec, name: 'balancer', ready });
  }

  register(instance: Pick<Instance, 'name'>): Promise<void> {
    return this.registerAll([instance]);
  }

  registerAll(instances: readonly Pick<Instance, 'name'>[]): Promise<void> {
    return this.#change(() => {
      for (const { name } of instances) this.#routed.add(name);
    });
  }

  deregister({ name }: Pick<Instance, 'name'>): Promise<void> {
    return this.#change(() => this.#routed.delete(name));
  }

  reload(): Promise<void> {
    return this.#change(() => {});
  }

  #change(change: () => unknown): Promise<void> {
    return this.#changes.run(async () => {
      change();
      const routes = [...this.#routed].map(routeTo);
      await docker('exec', this.container, ...SCRIPT, 'route', ...routes);
    });
  }
}
