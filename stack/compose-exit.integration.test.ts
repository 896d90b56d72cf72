/** Tests that no container, network or volume outlives the process that started the stack. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { used } from '../tests/used.ts';
import { containersOf, STACK_IMAGES } from './testing/containers.ts';
import { RUNNERS } from './testing/runners.ts';
import { until } from './wait.ts';

const START_AND_STAY = fileURLToPath(new URL('./testing/start-and-stay.ts', import.meta.url));
const runner = RUNNERS.find(({ name }) => name === 'compose');
const skip = runner?.skip ?? 'no such runner';
const left = (): string[] => runner?.left() ?? [];

let parent: ChildProcess;
let output = '';

function start(): void {
  output = '';
  parent = spawn(process.execPath, [START_AND_STAY, 'compose'], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [parent.stdout, parent.stderr]) {
    stream?.on('data', data => {
      output += data;
    });
  }
}

async function up(withinMs: number): Promise<void> {
  await until(() => output.includes('up\n'), { withinMs, what: 'the stack to be up' }).catch(error => {
    throw new Error(`${error.message}; it wrote: ${output}`);
  });
}

// The first start builds the container image, which takes minutes on a busy machine.
beforeAll(async () => {
  if (skip !== '') return;
  start();
  await up(300_000).finally(() => parent.kill('SIGTERM'));
  await once(parent, 'exit');
}, 360_000);

beforeEach(start);

afterEach(() => {
  parent.kill('SIGKILL');
});

const nothingIsLeft = () =>
  until(() => left().length === 0, { withinMs: 30_000, everyMs: 200, what: 'nothing of the project' });

describe.skipIf(skip !== '')('containers', () => {
  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('%s', async signal => {
    await up(60_000);
    expect(left().length).toBeGreaterThanOrEqual(4);
    parent.kill(signal);
    await once(parent, 'exit');
    await nothingIsLeft();
  });

  test.each([
    ['a network', /_default/],
    ['a volume', /redis-data/],
    ['its first container', /redis-1/],
    ['an instance', /app-1-1/],
  ])('kill -9 as soon as there is %s', async (_, name) => {
    await until(() => left().some(one => name.test(one)), { withinMs: 60_000, everyMs: 50, what: `${name}` });
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await nothingIsLeft();
  });
});

used('containers', containersOf(...STACK_IMAGES));
