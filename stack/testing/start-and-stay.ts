/** Starts a stack, prints `up`, and keeps running or throws: `start-and-stay.ts [local|compose] [throw]`. */
import { RUNNERS, SMALL } from './runners.ts';

const runner = RUNNERS.find(({ name }) => name === (process.argv[2] ?? 'local'));
if (runner === undefined) throw new Error(`expected local or compose, got ${process.argv[2]}`);
const small = runner.instance(SMALL);
const stack = await runner.start({ port: 'any', instances: [small, small] });
await stack.instances()[0]?.pause(); // The harder case: a paused process handles only SIGKILL.
process.stdout.write('up\n');
if (process.argv[3] === 'throw') {
  setImmediate(() => {
    throw new Error('uncaught');
  });
}
