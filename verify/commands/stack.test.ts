import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { parse } from './options.ts';
import { stackCommand } from './stack.ts';

const nowhere = new Writable({ write: (_, __, done) => done() });

it('a wrong number of instances is an error that says why', async () => {
  const { values } = parse('stack', ['--instances', '65']) ?? expect.fail('expected arguments');
  const running = stackCommand(values, { result: nowhere, progress: nowhere, colour: false });
  await expect(running).rejects.toThrow('--instances: expected a whole number from 1 to 64, got "65"');
});
