import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STACK_IMAGES, whyNot } from '../../../stack/testing/containers.ts';
import { Bench } from './testing/try.ts';

const why = whyNot(...STACK_IMAGES);
const image = STACK_IMAGES.find(name => name.startsWith('redis:')) ?? '';
const project = `baton-own-${process.pid}`;

describe.skipIf(why !== '')('a compose file', () => {
  const bench = new Bench();
  const compose = (...args: string[]): string =>
    execFileSync('docker', ['compose', '--project-name', project, ...args], {
      cwd: bench.folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const states = (): string[] =>
    compose('ps', '--all', '--format', '{{.Name}} {{.State}}', 'web')
      .trim()
      .split('\n')
      .map(line => line.replace(`${project}-`, ''))
      .toSorted();
  const faults = { web: { compose: { service: 'web', file: 'compose.yaml', project } } };
  const allRun = ['web-1 running', 'web-2 running'];

  beforeAll(() => {
    writeFileSync(
      join(bench.folder, 'compose.yaml'),
      `services:\n  web:\n    image: ${image}\n    command: [redis-server, --save, '']\n    deploy: { replicas: 2 }\n`,
    );
    compose('up', '--detach', '--wait');
  });
  afterAll(() => {
    compose('down', '--timeout', '1', '--volumes');
    bench.remove();
  });

  it.each([
    ['kill', 'killed', 'exited'],
    ['stop', 'stopped', 'exited'],
    ['pause', 'paused', 'paused'],
  ])('%s: one container of the service, and it is back', async (action, done, state) => {
    const { bit, did, heal } = await bench.inject(faults, `web-${action}`);
    expect(bit).toBe(true);
    const [name = '', n = ''] = new RegExp(`^${project}-web-(\\d) ${done}$`).exec(did ?? '') ?? [];
    expect(name).not.toBe('');
    expect(states()).toEqual(allRun.map(one => (one.startsWith(`web-${n}`) ? `web-${n} ${state}` : one)));
    await heal();
    expect(states()).toEqual(allRun);
  });

  it('restart: each of its containers', async () => {
    const { bit, did, heal } = await bench.inject(faults, 'web-restart');
    expect([bit, did]).toEqual([true, '2 containers restarted']);
    await heal();
    expect(states()).toEqual(allRun);
  });

  it('reports what is wrong if the service does not exist', async () => {
    const other = { web: { compose: { service: 'wbe', file: 'compose.yaml', project } } };
    await expect(bench.inject(other, 'web-kill')).rejects.toThrow(/wbe/);
  });
});
