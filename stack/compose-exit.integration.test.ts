/** However the process that started containers ends, none of them, no network and no volume is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { used } from '../tests/used.ts';
import { containersOf, STACK_IMAGES } from './testing/containers.ts';
import { RUNNERS } from './testing/runners.ts';
import { until } from './wait.ts';

const START_AND_STAY = fileURLToPath(new URL('./testing/start-and-stay.ts', import.meta.url));
const runner = RUNNERS.find(({ name }) => name === 'compose');
const skip = runner?.skip ?? 'no such runner';
const left = (): string[] => runner?.left() ?? [];

/** The first start builds the image: on a machine that does much else that takes minutes. */
const UP = { withinMs: 300_000, what: 'the stack to be up' };
const LIMIT = 2 * UP.withinMs;

let parent: ChildProcess;
let output = '';

beforeEach(() => {
  output = '';
  parent = spawn(process.execPath, [START_AND_STAY, 'compose'], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [parent.stdout, parent.stderr]) {
    stream?.on('data', data => {
      output += data;
    });
  }
});

afterEach(() => {
  parent.kill('SIGKILL');
});

const nothingIsLeft = () =>
  until(() => left().length === 0, { withinMs: 30_000, everyMs: 200, what: 'nothing of the project' });

describe.skipIf(skip !== '')(`containers${skip && `: ${skip}`}`, () => {
  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    '%s',
    async signal => {
      await until(() => output.includes('up\n'), UP).catch(error => {
        throw new Error(`${error.message}; it wrote: ${output}`);
      });
      expect(left().length).toBeGreaterThanOrEqual(4);
      parent.kill(signal);
      await once(parent, 'exit');
      await nothingIsLeft();
    },
    LIMIT,
  );

  test.each([
    ['a network', /_default/],
    ['a volume', /redis-data/],
    ['its first container', /redis-1/],
    ['an instance', /app-1-1/],
  ])(
    'kill -9 as soon as there is %s',
    async (_, name) => {
      await until(() => left().some(one => name.test(one)), { ...UP, everyMs: 50, what: `${name}` });
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      await nothingIsLeft();
    },
    LIMIT,
  );
});

used('containers', containersOf(...STACK_IMAGES));
