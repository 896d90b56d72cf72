/** `baton stack` and `npm run stack`: runs the bundled stack until Ctrl-C. */
import { EventEmitter, once } from 'node:events';
import { startExtras } from '../../stack/extras.ts';
import { type LocalStackOptions, startLocalStack } from '../../stack/local.ts';
import type { Stack } from '../../stack/stack.ts';
import { COMMAND } from '../core/command.ts';
import { EXIT, UnavailableError } from '../errors.ts';
import { whole } from './arguments.ts';
import { parseBalancerBehaviour } from './balancer-behaviour.ts';
import type { OptionValues } from './options.ts';
import type { Output } from './output.ts';

/** Runs the stack. Returns the exit code: 0 after Ctrl-C, 69 if an essential part, such as the balancer, died. */
export async function stackCommand(values: OptionValues<'stack'>, output: Output): Promise<number> {
  const abort = new AbortController();
  const { signal } = abort;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => abort.abort());
  const instances = whole('--instances', values.instances ?? '2', 1, 64);
  const like = parseBalancerBehaviour(values, instances);
  const port = whole('--port', values.port ?? '8080', 1, 65_535);
  const say = (message: string): void => void output.progress.write(`${message}\n`);
  const deaths = new EventEmitter();
  const onDeath = (description: string): void => {
    say(`\n${description}`);
    deaths.emit('death');
  };
  let started: { stack: Stack; more: string };
  try {
    started = await startWithExtras({ instances, port, ...like, signal, onStep: say, onDeath }, say);
  } catch (error) {
    if (signal.aborted) return EXIT.valid;
    throw new UnavailableError((error as Error).message);
  }
  const { stack, more } = started;
  output.result.write(welcome(stack, more));
  deaths.on('death', () => say(`Still running: ${running(stack)}`));
  let missing = essentialThatDied(stack);
  while (!signal.aborted && missing === undefined) {
    await once(deaths, 'death', { signal }).catch(() => {});
    missing = essentialThatDied(stack);
  }
  await stack.stop();
  if (missing === undefined) return EXIT.valid;
  throw new UnavailableError(
    `The stack cannot run without ${missing}, so Baton has stopped it. Start it again.`,
  );
}

/** Returns the started stack, and what the welcome text says about the mailbox and the store of pictures. */
async function startWithExtras(
  options: LocalStackOptions,
  say: (message: string) => void,
): Promise<{ stack: Stack; more: string }> {
  let more = '';
  const beside = async () => {
    const extras = await startExtras(say);
    more = extras.welcome;
    return extras;
  };
  const stack = await startLocalStack({ ...options, beside });
  return { stack, more };
}

/** Returns the name of a dead process that the stack needs: a server, the balancer, or any instance if all are dead. */
function essentialThatDied(stack: Stack): string | undefined {
  const server = stack.servers.find(one => !one.running());
  if (server) return server.name;
  if (!stack.balancer.running()) return 'the balancer';
  if (stack.fleet !== undefined) return undefined; // With --profile, the fleet starts new instances.
  return stack.instances().some(instance => instance.running()) ? undefined : 'any instance';
}

function running(stack: Stack): string {
  const all = [...stack.servers, stack.balancer, ...stack.instances()];
  const names = all.filter(service => service.running()).map(({ name }) => name);
  return names.length > 0 ? names.join(', ') : 'nothing';
}

function welcome(stack: Stack, more: string): string {
  const instances = stack.instances().map(({ name, url }) => `  ${name}  ${url}`);
  // The balancer's log names instances by their addresses, not by the names in the responses.
  const logs = stack.logs
    .filter(({ kind }) => kind === 'instance')
    .map(({ name, file }) => `${name}=${file}`);
  return `
The card store is at ${stack.url}
Log in as alice@example.test with the password correct-horse-battery, or register.
Each page names the instance that served it:
${instances.join('\n')}
Verify it from another terminal:
  ${COMMAND} verify baton.yaml --url ${stack.url} --logs ${logs.join()}
${more}Ctrl-C stops everything.
`;
}
