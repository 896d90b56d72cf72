/** Faults of a Kubernetes deployment, performed with kubectl. */
import { counted } from '../../core/result/format.ts';
import type { Random } from '../../random.ts';
import type { KubernetesSpec } from '../../target/schema-faults.ts';
import type { Disturbance, Means } from '../fault.ts';
import type { Commands } from './commands.ts';
import { lacksProgram, type Maker } from './maker.ts';

type Action = KubernetesSpec['do'][number];

const DOES: Record<Action, string> = {
  'rollout-restart': 'all pods of the deployment are replaced, as its strategy defines',
  'delete-pod': 'a pod of the deployment is deleted, and another one takes its place',
  'evict-pod': 'a pod of the deployment is evicted, if its PodDisruptionBudget allows it',
  drain: 'a node is drained of the pods of the deployment, and takes pods again after a while',
  'scale-out': 'the deployment has one more pod for a while',
  'scale-in': 'the deployment has one pod fewer for a while',
};

const DEPLOYS: readonly Action[] = ['rollout-restart', 'scale-out', 'scale-in'];

const PODS = `jsonpath={range .items[*]}${['uid', 'name', 'namespace', 'deletionTimestamp']
  .map(key => `{.metadata.${key}} `)
  .join('')}{.spec.nodeName}{"\\n"}{end}`;

interface Pod {
  uid: string;
  name: string;
  namespace: string;
  node: string;
}

/** A shell script that runs a command (second and further arguments) with the first argument as standard input. */
const WITH_INPUT = ['/bin/sh', '-c', 'printf %s "$0" | "$@"'];

/**
 * Returns a fault for each action that the target file lists.
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
      ...(DEPLOYS.includes(action) ? { deploy: true } : {}),
      lacks: () => lacksProgram('kubectl'),
      inject: (commands, means, random) =>
        new Deployment(spec, withinMs, commands, means).perform(action, random),
    }),
  );

const stillIn = (pods: readonly Pod[], now: readonly Pod[]): Pod[] =>
  pods.filter(({ uid }) => now.some(pod => pod.uid === uid));

class Deployment {
  readonly #kubectl: readonly string[];
  readonly #name: string;
  readonly #settled: readonly string[];
  readonly #withinMs: number;
  readonly #commands: Commands;
  readonly #means: Means;

  constructor(spec: KubernetesSpec, withinMs: number, commands: Commands, means: Means) {
    const { deployment, namespace, context } = spec;
    this.#kubectl = [
      'kubectl',
      ...(context === undefined ? [] : ['--context', context]),
      ...(namespace === undefined ? [] : ['--namespace', namespace]),
    ];
    this.#name = `deployment/${deployment}`;
    this.#settled = this.#to('rollout', 'status', this.#name, `--timeout=${Math.ceil(withinMs / 1000)}s`);
    this.#withinMs = withinMs;
    this.#commands = commands;
    this.#means = means;
  }

  perform(action: Action, random: Random): Promise<boolean> {
    if (action === 'rollout-restart') return this.#restart();
    if (action === 'delete-pod') return this.#deletePod(random);
    if (action === 'evict-pod') return this.#evictPod(random);
    if (action === 'drain') return this.#drain(random);
    return this.#scale(action === 'scale-out' ? 1 : -1);
  }

  async #restart(): Promise<boolean> {
    const before = await this.#pods();
    this.#commands.waits(this.#settled);
    await this.#commands.run(this.#to('rollout', 'restart', this.#name));
    await this.#commands.run(this.#settled);
    const after = await this.#pods();
    this.#means.did(`${counted(before.length, 'pod')} replaced by ${after.length}`);
    return before.length > 0 && stillIn(before, after).length === 0;
  }

  async #deletePod(random: Random): Promise<boolean> {
    const pod = await this.#pick(random);
    this.#commands.waits(this.#settled);
    await this.#commands.run(this.#to('delete', 'pod', pod.name, '--wait=false'));
    this.#means.did(`${pod.name} deleted`);
    return this.#means.shown(async () => stillIn([pod], await this.#pods()).length === 0);
  }

  async #evictPod(random: Random): Promise<boolean> {
    const pod = await this.#pick(random);
    const { name, namespace } = pod;
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
    this.#commands.waits(this.#settled);
    await this.#commands.run([
      ...WITH_INPUT,
      JSON.stringify(eviction),
      ...this.#to('create', '--raw', path, '--filename', '-'),
    ]);
    this.#means.did(`${name} evicted`);
    return this.#means.shown(async () => stillIn([pod], await this.#pods()).length === 0);
  }

  /**
   * Evicts pods for at most half of the time limit, because a PodDisruptionBudget may forbid evictions forever. One
   * evicted pod counts as an effect of the fault.
   */
  async #drain(random: Random): Promise<boolean> {
    const { node } = await this.#pick(random);
    const pods = (await this.#pods()).filter(pod => pod.node === node);
    const cordoned = this.#to('get', 'node', node, '--output', 'jsonpath={.spec.unschedulable}');
    if ((await this.#commands.run(cordoned)).trim() !== '')
      throw new Error(
        `expected a node that takes pods, but ${node} is cordoned: run kubectl uncordon ${node}`,
      );
    this.#commands.waits(this.#settled);
    this.#commands.heals(this.#to('uncordon', node));
    const refused = await this.#commands
      .run(
        this.#to(
          ...['drain', node, '--pod-selector', await this.#selector(), '--ignore-daemonsets'],
          ...['--delete-emptydir-data', `--timeout=${Math.ceil(this.#withinMs / 2000)}s`],
        ),
      )
      .then(
        () => undefined,
        (error: Error) => error,
      );
    const evicted = pods.length - stillIn(pods, await this.#pods()).length;
    if (evicted === 0 && refused !== undefined) throw refused;
    this.#means.did(`${evicted} of ${counted(pods.length, 'pod')} evicted from ${node}`);
    return evicted > 0;
  }

  async #scale(by: number): Promise<boolean> {
    const replicas = Number(await this.#get('jsonpath={.spec.replicas}'));
    if (replicas + by < 1)
      throw new Error(`expected ${this.#name} to have two pods or more, it has ${replicas}: add one`);
    this.#commands.waits(this.#settled);
    this.#commands.heals(this.#replicas(replicas));
    await this.#commands.run(this.#replicas(replicas + by));
    await this.#commands.run(this.#settled);
    this.#means.did(`scaled from ${replicas} to ${replicas + by}`);
    return Number(await this.#get('jsonpath={.status.replicas}')) === replicas + by;
  }

  async #pick(random: Random): Promise<Pod> {
    const pods = await this.#pods();
    if (pods.length === 0) throw new Error(`expected a pod of ${this.#name}, found none: start it first`);
    return pods[random.below(pods.length)] as Pod;
  }

  async #selector(): Promise<string> {
    const labels: Record<string, string> = JSON.parse(
      await this.#get('jsonpath={.spec.selector.matchLabels}'),
    );
    return Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  }

  async #pods(): Promise<Pod[]> {
    const output = await this.#commands.run(
      this.#to('get', 'pods', '--selector', await this.#selector(), '--output', PODS),
    );
    return output.split('\n').flatMap(line => {
      const [uid = '', name = '', namespace = '', deleted = '', node = ''] = line.split(' ');
      return uid === '' || deleted !== '' ? [] : [{ uid, name, namespace, node }];
    });
  }

  #get(output: string): Promise<string> {
    return this.#commands.run(this.#to('get', this.#name, '--output', output));
  }

  #replicas = (count: number): readonly string[] => this.#to('scale', this.#name, `--replicas=${count}`);

  #to(...args: string[]): string[] {
    return [...this.#kubectl, ...args];
  }
}
