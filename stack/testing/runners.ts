/** The ways to run a stack, for the tests that hold on each. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { startComposeStack } from '../compose.ts';
import { ownProjects } from '../compose-project.ts';
import { startLocalStack } from '../local.ts';
import type { InstanceOptions, Stack, StackOptions } from '../stack.ts';
import { STACK_IMAGES, whyNot } from './containers.ts';

export interface TestedRunner {
  name: 'local' | 'compose';
  /** Why it cannot be tested here; '' if it can. */
  skip: string;
  start(options: StackOptions): Promise<Stack>;
  /** An instance that runs this JavaScript or TypeScript in the app's place. */
  instance(source: string): { command: NonNullable<InstanceOptions['command']> };
  /** What stacks leave while they run, to be compared: folders, containers, networks, volumes. */
  left(): string[];
}

/** The program of the tests, as an instance's source: see instance-program.ts. */
export const SMALL = readFileSync(new URL('./instance-program.ts', import.meta.url), 'utf8');

function running(node: string): TestedRunner['instance'] {
  return source => ({ command: [node, '--input-type=module-typescript', '-e', source] });
}

const folders = (prefix: string): string[] => readdirSync(tmpdir()).filter(name => name.startsWith(prefix));

export const RUNNERS: TestedRunner[] = [
  {
    name: 'local',
    skip: '',
    start: startLocalStack,
    instance: running(process.execPath),
    left: () => folders('baton-stack-'),
  },
  {
    name: 'compose',
    skip: whyNot(...STACK_IMAGES),
    start: startComposeStack,
    instance: running('node'),
    left: () => [...folders('baton-compose-'), ...ofEngine()],
  },
];

/** Names that a run of this test file gave: neither those of others that run meanwhile, nor what a person started. */
function ofEngine(): string[] {
  const lists = [
    ['ps', '--all', '--format', '{{.Names}}'],
    ['network', 'ls', '--format', '{{.Name}}'],
    ['volume', 'ls', '--format', '{{.Name}}'],
  ];
  const names = lists.flatMap(list => execFileSync('docker', list, { encoding: 'utf8' }).split('\n'));
  const own = new RegExp(`^${ownProjects()}[0-9a-f]{6}[-_]`);
  return names.filter(name => own.test(name));
}
