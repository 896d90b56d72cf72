import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { COMMAND } from '../core/command.ts';
import { parse } from './options.ts';
import { stackCommand } from './stack.ts';

const nowhere = new Writable({ write: (_, __, done) => done() });

it.each([
  [
    ['conformance', '--port', '80'],
    `--port: not an option of ${COMMAND} stack conformance, but of ${COMMAND} stack`,
  ],
  [['--write'], `--write: not an option of ${COMMAND} stack, but of ${COMMAND} stack conformance`],
  [['up'], 'stack: expected conformance or no argument, got "up"'],
  [['--instances', '65'], '--instances: expected a whole number from 1 to 64, got "65"'],
])('stack %j is an error that says why', async (argv, message) => {
  const { words, values } = parse('stack', argv) ?? expect.fail('expected arguments');
  const running = stackCommand(words, values, { result: nowhere, progress: nowhere, colour: false });
  await expect(running).rejects.toThrow(message);
});
