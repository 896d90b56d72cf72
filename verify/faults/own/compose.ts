/** Faults of a service in a compose file. A fault disturbs a single container, or all containers one after another. */
import { until } from '../../../stack/wait.ts';
import { counted } from '../../core/result/format.ts';
import type { ComposeSpec } from '../../target/schema-faults.ts';
import type { Disturbance, Means } from '../fault.ts';
import type { Commands } from './commands.ts';
import { lacksProgram, type Maker } from './maker.ts';

type Action = ComposeSpec['do'][number];

interface Container {
  id: string;
  name: string;
  status: string;
  started: string;
  /** Status of the health check, such as `healthy`; empty if the container has no health check. */
  health: string;
}

/** Prints the state as JSON, because some engines reject `{{.State.Health}}` if a container has no health check. */
const FORMAT = '{{.Id}} {{.Name}} {{json .State}}';

interface State {
  Status: string;
  StartedAt: string;
  Health?: { Status: string };
}

const DOES: Record<Action, string> = {
  restart: 'each container of the service is restarted, one after the other',
  kill: 'a container of the service is killed (SIGKILL), and started again after a while',
  stop: 'a container of the service is stopped (SIGTERM), and started again after a while',
  pause: 'a container of the service freezes, and resumes after a while',
};

/** Two docker commands for each action: the first disturbs a container, the second heals it. */
const SINGLE = { kill: ['kill', 'start'], stop: ['stop', 'start'], pause: ['pause', 'unpause'] } as const;

/**
 * Returns a fault for each action that the target file lists.
 *
 * @param withinMs maximum time until a container is healthy again, milliseconds
 */
export const ofService = (name: string, spec: ComposeSpec, withinMs: number, make: Maker): Disturbance[] =>
  spec.do.map(action =>
    make({
      name: `${name}-${action}`,
      does: DOES[action],
      where: spec.service,
      ...(action === 'restart' ? { deploy: true } : {}),
      lacks: () => lacksProgram('docker'),
      async inject(commands, means, random) {
        const containers = await runningOf(spec, commands);
        if (action === 'restart') return restart(containers, withinMs, commands, means);
        const container = containers[random.below(containers.length)] as Container;
        const [does, heals] = SINGLE[action];
        commands.heals(['docker', heals, container.id]);
        await commands.run(['docker', does, container.id]);
        means.did(`${container.name} ${{ kill: 'killed', stop: 'stopped', pause: 'paused' }[action]}`);
        const [now] = await look([container.id], commands);
        // A new start time shows that the container's restart policy has restarted it.
        return now !== undefined && (now.status !== 'running' || now.started !== container.started);
      },
    }),
  );

async function restart(
  containers: readonly Container[],
  withinMs: number,
  commands: Commands,
  { did, signal }: Means,
): Promise<boolean> {
  for (const { id, name } of containers) {
    commands.heals(['docker', 'start', id]);
    await commands.run(['docker', 'restart', id]);
    const back = async (): Promise<boolean> => {
      const [now] = await look([id], commands);
      return now?.status === 'running' && ['', 'healthy'].includes(now.health);
    };
    await until(back, { withinMs, what: `${name} to be healthy`, everyMs: 200, signal });
  }
  did(`${counted(containers.length, 'container')} restarted`);
  const now = await look(
    containers.map(({ id }) => id),
    commands,
  );
  return now.every(({ id, started }) => started !== containers.find(one => one.id === id)?.started);
}

async function runningOf({ file, project, service }: ComposeSpec, commands: Commands): Promise<Container[]> {
  const of = [
    ...(file === undefined ? [] : ['--file', file]),
    ...(project === undefined ? [] : ['--project-name', project]),
  ];
  const output = await commands.run([
    'docker',
    'compose',
    ...of,
    'ps',
    '--quiet',
    '--status',
    'running',
    service,
  ]);
  const ids = output.split('\n').filter(line => /^[0-9a-f]{12,}$/.test(line));
  const found = ids.length === 0 ? [] : await look(ids, commands);
  if (found.length > 0) return found.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  throw new Error(`expected a running container of the service ${service}, found none: start it first`);
}

async function look(ids: readonly string[], commands: Commands): Promise<Container[]> {
  const output = await commands.run(['docker', 'inspect', '--format', FORMAT, ...ids]);
  return output
    .trim()
    .split('\n')
    .map(line => {
      const [, id = '', name = '', json = ''] = /^(\S+) \/?(\S+) (.*)$/.exec(line) ?? [];
      const { Status: status, StartedAt: started, Health: health } = JSON.parse(json) as State;
      return { id, name, status, started, health: health?.Status ?? '' };
    });
}
