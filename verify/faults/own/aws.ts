/** Faults of a deployment on AWS, performed with the AWS CLI. */
import { until } from '../../../stack/wait.ts';
import { counted } from '../../core/result/format.ts';
import type { Random } from '../../random.ts';
import type { AutoScalingSpec, ElastiCacheSpec } from '../../target/schema-faults.ts';
import type { Disturbance, Means } from '../fault.ts';
import type { Commands } from './commands.ts';
import { lacksProgram, type Maker } from './maker.ts';

type Action = AutoScalingSpec['do'][number];

const DOES: Record<Action, string> = {
  'terminate-instance':
    'an instance of the group is terminated without notice to the balancer, and the group replaces it',
  'instance-refresh': 'all instances of the group are replaced, as its maintenance policy defines',
  'scale-out': 'the group has one more instance for a while',
  'scale-in': 'the group has one instance fewer for a while',
};

/** Interval between two checks whether AWS has made a change, milliseconds. */
const LOOK_MS = 2_000;
/** A shell script that repeats a command (second and further arguments) until it prints the first argument. */
const PRINTS = 'wanted=$1; shift; until [ "$("$@")" = "$wanted" ]; do sleep 2; done';
/** States of an instance refresh that has not ended. */
const UNFINISHED = /^(Pending|InProgress|Baking|Cancelling|RollbackInProgress)$/;

interface Account {
  region?: string | undefined;
  profile?: string | undefined;
}

/**
 * Returns a fault for each listed action on an Auto Scaling group.
 *
 * @param withinMs maximum time until instances are replaced, started or ended, milliseconds
 */
export const ofGroup = (name: string, spec: AutoScalingSpec, withinMs: number, make: Maker): Disturbance[] =>
  spec.do.map(action =>
    make({
      name: `${name}-${action}`,
      does: DOES[action],
      where: spec.group,
      ...(action === 'terminate-instance' ? {} : { deploy: true }),
      lacks: () => lacksProgram('aws'),
      inject: (commands, means, random) => new Group(spec, withinMs, commands, means).perform(action, random),
    }),
  );

/**
 * Returns the fault that makes another node of an ElastiCache replication group the primary.
 *
 * @param withinMs maximum time until another node is the primary, milliseconds
 */
export const ofCache = (name: string, spec: ElastiCacheSpec, withinMs: number, make: Maker): Disturbance[] =>
  spec.do.map(action =>
    make({
      name: `${name}-${action}`,
      does: 'ElastiCache makes a replica the primary, and replaces the old primary',
      where: spec.replicationGroup,
      part: 'store',
      lacks: () => lacksProgram('aws'),
      inject: (commands, means, random) => failover(spec, withinMs, commands, means, random),
    }),
  );

class Group {
  readonly #spec: AutoScalingSpec;
  readonly #withinMs: number;
  readonly #commands: Commands;
  readonly #means: Means;

  constructor(spec: AutoScalingSpec, withinMs: number, commands: Commands, means: Means) {
    this.#spec = spec;
    this.#withinMs = withinMs;
    this.#commands = commands;
    this.#means = means;
  }

  perform(action: Action, random: Random): Promise<boolean> {
    if (action === 'terminate-instance') return this.#terminate(random);
    if (action === 'instance-refresh') return this.#refresh();
    return this.#scale(action === 'scale-out' ? 1 : -1);
  }

  async #terminate(random: Random): Promise<boolean> {
    const instances = await this.#inService();
    const instance = instances[random.below(instances.length)] as string;
    await this.#commands.run(aws(this.#spec, 'ec2', 'terminate-instances', '--instance-ids', instance));
    // Waits for a new instance only after AWS has accepted the termination. Otherwise the wait would never end.
    this.#commands.waits(this.#settled(instances.length, instance));
    this.#means.did(`${instance} terminated`);
    const state = aws(
      this.#spec,
      ...['ec2', 'describe-instances', '--instance-ids', instance],
      ...['--query', 'Reservations[0].Instances[0].State.Name'],
    );
    return this.#means.shown(async () => !/running/.test(await this.#commands.run(state)));
  }

  async #refresh(): Promise<boolean> {
    const before = await this.#inService();
    this.#commands.waits(this.#settled(before.length));
    await this.#commands.run(this.#to('start-instance-refresh'));
    const look = this.#to('describe-instance-refreshes', '--query', 'InstanceRefreshes[0].Status');
    let status = '';
    await until(
      async () => {
        status = lastWord(await this.#commands.run(look));
        return !UNFINISHED.test(status);
      },
      { ...this.#patience(), what: `the instance refresh of ${this.#spec.group} to end` },
    );
    if (status !== 'Successful')
      throw new Error(
        `expected the instance refresh of ${this.#spec.group} to end as Successful, got ${status}; ` +
          'the command aws autoscaling describe-instance-refreshes shows the reason',
      );
    const after = await this.#inService();
    this.#means.did(`${counted(before.length, 'instance')} replaced by ${after.length}`);
    return !before.some(instance => after.includes(instance));
  }

  async #scale(by: number): Promise<boolean> {
    const sizes = await this.#describe('AutoScalingGroups[0].[MinSize,MaxSize,DesiredCapacity]');
    const [min, max, desired] = (lastLine(sizes).match(/\d+/g) ?? []).map(Number);
    if (min === undefined || max === undefined || desired === undefined)
      throw new Error(
        `expected an Auto Scaling group ${this.#spec.group}, found none in this region: check group and region`,
      );
    const wanted = desired + by;
    if (wanted < 1)
      throw new Error(
        `expected ${this.#spec.group} to have two instances or more, it has ${desired}: add one`,
      );
    this.#commands.waits(this.#settled(desired));
    this.#commands.heals(this.#sized(min, max, desired));
    // The wanted size may be outside of the group's minimum and maximum size, so Baton changes the minimum and maximum,
    // too.
    await this.#commands.run(this.#sized(Math.min(min, wanted), Math.max(max, wanted), wanted));
    await this.#commands.run(this.#settled(wanted));
    this.#means.did(`scaled from ${desired} to ${wanted}`);
    return true;
  }

  async #inService(): Promise<string[]> {
    const output = await this.#describe(
      "AutoScalingGroups[0].Instances[?LifecycleState=='InService'].InstanceId",
    );
    const found = output.match(/\bi-[0-9a-f]+/g) ?? [];
    if (found.length > 0) return found;
    throw new Error(
      `expected instances of the Auto Scaling group ${this.#spec.group} in service, found none in this region: start some`,
    );
  }

  #settled(count: number, without = ''): readonly string[] {
    const query = `length(AutoScalingGroups[0].Instances[?LifecycleState=='InService' && InstanceId!='${without}'])`;
    return ['/bin/sh', '-c', PRINTS, 'sh', `${count}`, ...this.#toDescribe(query)];
  }

  #describe = (query: string): Promise<string> => this.#commands.run(this.#toDescribe(query));

  #toDescribe = (query: string): string[] =>
    aws(
      this.#spec,
      ...['autoscaling', 'describe-auto-scaling-groups', '--auto-scaling-group-names', this.#spec.group],
      ...['--query', query],
    );

  #sized = (min: number, max: number, desired: number): string[] =>
    this.#to(
      'update-auto-scaling-group',
      ...['--min-size', `${min}`, '--max-size', `${max}`, '--desired-capacity', `${desired}`],
    );

  #to = (command: string, ...args: string[]): string[] =>
    aws(this.#spec, 'autoscaling', command, '--auto-scaling-group-name', this.#spec.group, ...args);

  #patience = () => ({ withinMs: this.#withinMs, everyMs: LOOK_MS, signal: this.#means.signal });
}

async function failover(
  spec: ElastiCacheSpec,
  withinMs: number,
  commands: Commands,
  means: Means,
  random: Random,
): Promise<boolean> {
  const { replicationGroup: group } = spec;
  const of = ['--replication-group-id', group];
  const describe = (query: string): string[] =>
    aws(
      spec,
      'elasticache',
      'describe-replication-groups',
      ...of,
      '--query',
      `ReplicationGroups[0].${query}`,
    );
  const nodeGroups = await commands.run(describe('NodeGroups[].NodeGroupId'));
  const shards = lastLine(nodeGroups).match(/\b\d{4}\b/g) ?? [];
  const shard = shards[random.below(shards.length)];
  const look = describe(
    `NodeGroups[?NodeGroupId=='${shard}'].NodeGroupMembers[] | [?CurrentRole=='primary'].CacheClusterId`,
  );
  const primary = async (): Promise<string> => lastWord(await commands.run(look));
  const before = shard === undefined ? '' : await primary();
  if (shard === undefined || before === '')
    throw new Error(
      `expected a primary of ${group}, found none: ElastiCache reports it only if cluster mode is disabled`,
    );
  commands.waits(['/bin/sh', '-c', PRINTS, 'sh', 'available', ...describe('Status')]);
  await commands.run(aws(spec, 'elasticache', 'test-failover', ...of, '--node-group-id', shard));
  let now = before;
  const changed = async (): Promise<boolean> => {
    now = await primary();
    return now !== '' && now !== before;
  };
  const bit = await until(changed, {
    withinMs,
    everyMs: LOOK_MS,
    signal: means.signal,
    what: `another primary of ${group} than ${before}`,
  }).then(
    () => true,
    // If the AWS CLI fails after the time limit, its error is more useful than the timeout error.
    changed,
  );
  means.did(bit ? `${now} took over from ${before}` : `${before} stayed the primary`);
  return bit;
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? '';

const lastWord = (output: string): string => lastLine(output).split(/\s+/).at(-1) ?? '';

const aws = ({ region, profile }: Account, ...args: string[]): string[] => [
  'aws',
  ...args,
  ...['--output', 'text'],
  ...(region === undefined ? [] : ['--region', region]),
  ...(profile === undefined ? [] : ['--profile', profile]),
];
