/** Lists the runners of the stack for tests that every runner must pass. */
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
  /** Why the runner cannot be tested on this machine; '' if it can. */
  skip: string;
  start(options: StackOptions): Promise<Stack>;
  /** Returns options for an instance that runs this source text in place of the app. */
  instance(source: string): { command: NonNullable<InstanceOptions['command']> };
  left(): string[];
}

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
