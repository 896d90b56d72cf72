/** A program that starts a stack, prints the processes it is made of, and stays or fails, as its argument says. */
import { fileURLToPath } from 'node:url';
import { startLocalStack } from '../local.ts';

const program = fileURLToPath(new URL('./instance-program.ts', import.meta.url));
const command = [process.execPath, program] as const;
const stack = await startLocalStack({ port: 'any', instances: [{ command }, { command }] });
await stack.instances()[0]?.pause(); // A paused process takes no signal but SIGKILL.
process.stdout.write('up\n');
if (process.argv[2] === 'throw') {
  setImmediate(() => {
    throw new Error('uncaught');
  });
}
