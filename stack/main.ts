/** Implements `npm run stack`: starts the stack and keeps it up until Ctrl-C. */
import { EventEmitter } from 'node:events';
import { parseArgs } from 'node:util';
import { startExtras } from './extras.ts';
import { type Likeness, likenessOf } from './likeness.ts';
import { startLocalStack } from './local.ts';
import type { Stack } from './stack.ts';

const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;

const USAGE = `npm run stack -- [--instances N] [--port N] [--profile NAME [--speedup N]] [--sticky MODE]

Starts Redis (and the server that SESSION_STORE needs), nginx and the instances of the card store, and keeps them
up until Ctrl-C.
  --instances N   number of instances (2)
  --port N        port of the balancer, or the next free one (8080)
  --profile NAME  behaves as: seed, classic-elb, alb, nginx (docs/fleet.md); replaces instances that die
  --speedup N     divides all times of the profile by N (1)
  --sticky MODE   none, duration, duration=SECONDS, application, hash (docs/sticky.md)
The app reads its settings (SESSION_STORE, PAYMENT_MS …) from the environment. Without SMTP_URL, it sends its mails to a
mailbox that this command starts. Without S3_BUCKET, it keeps pictures in a SeaweedFS that this command starts, if
SeaweedFS is installed.`;

interface Arguments extends Likeness {
  instances: number;
  port: number;
}

async function main(): Promise<void> {
  const wanted = readArguments();
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interrupted.abort());
  const deaths = new EventEmitter();
  let stack: Stack;
  let more = '';
  try {
    stack = await startLocalStack({
      ...wanted,
      beside: async () => {
        const extras = await startExtras(say);
        more = extras.welcome;
        return extras;
      },
      signal: interrupted.signal,
      onStep: say,
      onDeath: description => {
        say(`\n${description}`);
        deaths.emit('death');
      },
    });
  } catch (error) {
    if (interrupted.signal.aborted) return;
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT_UNAVAILABLE;
    return;
  }
  process.stdout.write(welcome(stack, more));
  const missing = await interruptedOrMissing(stack, interrupted.signal, deaths);
  if (missing !== undefined) {
    say(`The stack cannot run without ${missing}: everything is stopped.`);
    process.exitCode = EXIT_UNAVAILABLE;
  }
  await stack.stop();
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Resolves with the name of an essential part when that part dies, or with undefined when interrupted. */
function interruptedOrMissing(
  stack: Stack,
  signal: AbortSignal,
  deaths: EventEmitter,
): Promise<string | undefined> {
  return new Promise(resolve => {
    const look = () => {
      const missing = essentialThatDied(stack);
      if (signal.aborted || missing !== undefined) resolve(missing);
    };
    signal.addEventListener('abort', () => resolve(undefined));
    deaths.on('death', () => {
      look();
      say(`Still running: ${running(stack)}`);
    });
    look(); // A part may have died while the welcome text was printed.
  });
}

/** Returns the name of an essential part that died: a server, the balancer, or the last instance. */
function essentialThatDied(stack: Stack): string | undefined {
  const server = stack.servers.find(one => !one.running());
  if (server) return server.name;
  if (!stack.balancer.running()) return 'the balancer';
  if (stack.fleet !== undefined) return undefined; // The fleet starts new instances.
  return stack.instances().some(instance => instance.running()) ? undefined : 'any instance';
}

function running(stack: Stack): string {
  const names = [...stack.servers, stack.balancer, ...stack.instances()]
    .filter(service => service.running())
    .map(({ name }) => name);
  return names.length > 0 ? names.join(', ') : 'nothing';
}

function welcome(stack: Stack, more: string): string {
  const instances = stack.instances().map(({ name, url }) => `  ${name}  ${url}`);
  return `
The card store is at ${stack.url}
Log in as alice@example.test with the password correct-horse-battery, or register.
Each page names the instance that served it:
${instances.join('\n')}
${more}Ctrl-C stops everything.
`;
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        instances: { type: 'string' },
        port: { type: 'string' },
        profile: { type: 'string' },
        speedup: { type: 'string' },
        sticky: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(0);
    }
    const instances = wholeNumber('--instances', values.instances ?? '2', 1, 64);
    return {
      instances,
      ...likenessOf(values, instances),
      port: wholeNumber('--port', values.port ?? '8080', 1, 65_535),
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}\n`);
    process.exit(EXIT_USAGE);
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`${name}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`);
}

await main();
