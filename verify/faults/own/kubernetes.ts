/** Faults of a Kubernetes deployment, performed with kubectl. */
import { counted } from '../../core/result/format.ts';
import type { Random } from '../../random.ts';
import type { KubernetesSpec } from '../../target/schema-faults.ts';
import type { Disturbance, Means } from '../fault.ts';
import { lacksProgram, type Maker } from './maker.ts';
import type { Orders } from './orders.ts';

type Action = KubernetesSpec['do'][number];

const DOES: Record<Action, string> = {
  'rollout-restart': 'all pods of the deployment are replaced, as its strategy defines',
  'delete-pod': 'a pod of the deployment is deleted, and another one takes its place',
  'scale-out': 'the deployment has one more pod for a while',
  'scale-in': 'the deployment has one pod fewer for a while',
};

const PODS =
  'jsonpath={range .items[*]}{.metadata.uid} {.metadata.name} {.metadata.deletionTimestamp}{"\\n"}{end}';

interface Pod {
  uid: string;
  name: string;
}

/**
 * Returns a fault for each action.
 *
 * @param withinMs maximum duration of a rollout, milliseconds
 */
export const ofDeployment = (
  name: string,
  spec: KubernetesSpec,
  withinMs: number,
  make: Maker,
): Disturbance[] =>
  spec.do.map(action =>
    make({
      name: `${name}-${action}`,
      does: DOES[action],
      where: spec.deployment,
      ...(action === 'delete-pod' ? {} : { deploy: true }),
      lacks: () => lacksProgram('kubectl'),
      inject: (orders, means, random) =>
        new Deployment(spec, withinMs, orders, means).suffers(action, random),
    }),
  );

class Deployment {
  readonly #kubectl: readonly string[];
  readonly #name: string;
  readonly #settled: readonly string[];
  readonly #orders: Orders;
  readonly #means: Means;

  constructor(spec: KubernetesSpec, withinMs: number, orders: Orders, means: Means) {
    const { deployment, namespace, context } = spec;
    this.#kubectl = [
      'kubectl',
      ...(context === undefined ? [] : ['--context', context]),
      ...(namespace === undefined ? [] : ['--namespace', namespace]),
    ];
    this.#name = `deployment/${deployment}`;
    this.#settled = this.#to('rollout', 'status', this.#name, `--timeout=${Math.ceil(withinMs / 1000)}s`);
    this.#orders = orders;
    this.#means = means;
  }

  suffers(action: Action, random: Random): Promise<boolean> {
    if (action === 'rollout-restart') return this.#restart();
    if (action === 'delete-pod') return this.#deletePod(random);
    return this.#scale(action === 'scale-out' ? 1 : -1);
  }

  async #restart(): Promise<boolean> {
    const before = await this.#pods();
    this.#orders.waits(this.#settled);
    await this.#orders.run(this.#to('rollout', 'restart', this.#name));
    await this.#orders.run(this.#settled);
    const after = await this.#pods();
    this.#means.did(`${counted(before.length, 'pod')} replaced by ${after.length}`);
    return before.length > 0 && !before.some(({ uid }) => after.some(pod => pod.uid === uid));
  }

  async #deletePod(random: Random): Promise<boolean> {
    const pods = await this.#pods();
    if (pods.length === 0) throw new Error(`expected a pod of ${this.#name}, found none`);
    const pod = pods[random.below(pods.length)] as Pod;
    this.#orders.waits(this.#settled);
    await this.#orders.run(this.#to('delete', 'pod', pod.name, '--wait=false'));
    this.#means.did(`${pod.name} deleted`);
    return this.#means.shown(async () => !(await this.#pods()).some(({ uid }) => uid === pod.uid));
  }

  async #scale(by: number): Promise<boolean> {
    const replicas = Number(await this.#get('jsonpath={.spec.replicas}'));
    if (replicas + by < 1)
      throw new Error(`expected ${this.#name} to have two pods or more, it has ${replicas}`);
    this.#orders.waits(this.#settled);
    this.#orders.heals(this.#replicas(replicas));
    await this.#orders.run(this.#replicas(replicas + by));
    await this.#orders.run(this.#settled);
    this.#means.did(`scaled from ${replicas} to ${replicas + by}`);
    return Number(await this.#get('jsonpath={.status.replicas}')) === replicas + by;
  }

  /** Returns the pods that are not being deleted. */
  async #pods(): Promise<Pod[]> {
    const labels: Record<string, string> = JSON.parse(
      await this.#get('jsonpath={.spec.selector.matchLabels}'),
    );
    const selector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const output = await this.#orders.run(this.#to('get', 'pods', '--selector', selector, '--output', PODS));
    return output.split('\n').flatMap(line => {
      const [uid = '', name = '', deleted = ''] = line.split(' ');
      return uid === '' || deleted !== '' ? [] : [{ uid, name }];
    });
  }

  #get(output: string): Promise<string> {
    return this.#orders.run(this.#to('get', this.#name, '--output', output));
  }

  #replicas = (count: number): readonly string[] => this.#to('scale', this.#name, `--replicas=${count}`);

  #to(...args: string[]): string[] {
    return [...this.#kubectl, ...args];
  }
}
