#!/usr/bin/env node
/** The `baton` command: reads argv, prints, decides the exit code. Nothing else in verify/ does any of these. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Stack } from '../stack/stack.ts';
import { type Runner, startStack } from '../stack/start.ts';
import { address, logsIn, milliseconds, runnerOf, whole } from './arguments.ts';
import { CHECKS } from './core/checks/index.ts';
import { EXPLANATIONS, guaranteeNamed } from './core/explain/index.ts';
import type { Result } from './core/result.ts';
import { combine, type Judgement } from './core/verdict.ts';
import { EXIT, isBatonError, UnavailableError, UsageError } from './errors.ts';
import { jepsenOptions, judgeJepsen } from './import/jepsen.ts';
import { judgeFile } from './judge-file.ts';
import { type SecondLoad, secondLoad } from './k6.ts';
import { Progress } from './progress.ts';
import { explainText } from './reports/explain.ts';
import { terminal } from './reports/terminal.ts';
import { verify } from './run.ts';
import { loadTarget } from './target/load.ts';

const USAGE = `Baton proves that web sessions survive the load balancer.

usage: baton verify [TARGET]    verify a running system by its target file (baton.yaml when absent)
       baton check RUN          judge a recorded history again: a folder under runs/, or a history file
       baton explain NAME       a guarantee or an anomaly: what it is, what breaks it, how to mend it
       baton help

options of verify
  --stack local       start the bundled card store first (Redis, nginx, two instances), and stop it afterwards;
          compose     the same in containers
  --instances N       instances of that stack (2)
  --sessions N        sessions at once, each with one request in flight (32)
  --duration TIME     length of the load: 10, 10s, 2m (10s)
  --url URL           where the target is, instead of what its file says
  --logs DIR          logs that tell which instance served: balancer/access.log, instances/NAME.log (docs/compose.md)
  --seed N            draws the same plan again (random when absent, and printed)
  --k6                after it, with --stack, a second load by k6 where that is installed; its verdict counts
  --out DIR           where histories and results are kept (runs)

options of check
  --from jepsen       RUN is a history that Jepsen recorded, EDN or JSON: is it linearizable?
  --model M           of that history: register, cas-register, append or set
  --initial EDN       what each object holds at first (nothing)
  --nil-reads R       an ok read of nil says nothing (any), or shows what was there at first (initial)

options of both
  --json              the whole result on stdout (docs/result.schema.json)
  --quiet             no progress on stderr

exit code   0 all claimed guarantees valid   1 violated   2 unknown (too little evidence)
            64 usage, target file or credentials   69 target unavailable   70 internal error   130 interrupted
`;

const options = {
  stack: { type: 'string' },
  instances: { type: 'string', default: '2' },
  sessions: { type: 'string', default: '32' },
  duration: { type: 'string', default: '10s' },
  url: { type: 'string' },
  logs: { type: 'string' },
  seed: { type: 'string' },
  k6: { type: 'boolean', default: false },
  out: { type: 'string', default: 'runs' },
  from: { type: 'string' },
  model: { type: 'string' },
  initial: { type: 'string' },
  'nil-reads': { type: 'string', default: 'initial' },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nSee: baton help`);
  }
}

type Values = ReturnType<typeof parse>['values'];

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  const [command = 'help', argument, ...more] = positionals;
  if (values.help || command === 'help') {
    process.stdout.write(USAGE);
    return EXIT.valid;
  }
  if (more.length > 0)
    throw new UsageError(`expected one argument after ${command}, got ${more.length + 1}\nSee: baton help`);
  if (command === 'verify') return verifyCommand(argument, values);
  if (command === 'check') return checkCommand(argument, values);
  if (command === 'explain') return explainCommand(argument);
  throw new UsageError(
    `unknown command "${command}": expected verify, check, explain or help\nSee: baton help`,
  );
}

async function checkCommand(run: string | undefined, values: Values): Promise<number> {
  if (run === undefined)
    throw new UsageError('check: expected a run, as in: baton check runs/20261124-101500-3fa2c1');
  if (values.from !== undefined && values.from !== 'jepsen')
    throw new UsageError(`--from: expected jepsen, got ${values.from}`);
  const result =
    values.from === undefined ? await judgeFile(run) : await judgeJepsen(run, jepsenOptions(values));
  print(result, values);
  return exitOf(result);
}

function explainCommand(name = ''): number {
  const guarantee = guaranteeNamed(name);
  const entry = EXPLANATIONS.find(explanation => explanation.guarantee === guarantee);
  const check = CHECKS.find(candidate => candidate.guarantee === guarantee);
  if (entry === undefined || check === undefined) {
    const known = EXPLANATIONS.map(explanation => explanation.guarantee).join(', ');
    throw new UsageError(`explain: expected a guarantee or an anomaly, got "${name}". Guarantees: ${known}`);
  }
  process.stdout.write(explainText(entry, check, process.stdout.columns ?? 100));
  return EXIT.valid;
}

async function verifyCommand(file: string | undefined, values: Values): Promise<number> {
  const target = await loadTarget(file ?? 'baton.yaml', process.env);
  if (values.url !== undefined) target.url = address(values.url);
  const seed =
    values.seed === undefined ? randomInt(2 ** 31) : whole('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER);
  const load = {
    seed,
    sessions: whole('--sessions', values.sessions, 1, 10_000),
    duration: milliseconds(values.duration),
    out: values.out,
    command: replay(file, values, seed),
  };
  const count = whole('--instances', values.instances, 1, 64);
  const runner = runnerOf(values);
  const logs = logsIn(values.logs);
  const stop = stopping();
  const progress = new Progress(process.stderr, values.quiet);
  let stack: Stack | undefined;
  try {
    if (runner !== undefined) {
      stack = await start(runner, count, stop.signal, step => progress.step(step));
      target.url = stack.url;
      void stack.died.then(what => stop.fail(what));
    }
    const { result, folder } = await verify(target, {
      ...load,
      logs: [...(stack?.logs ?? []), ...logs],
      signal: stop.signal,
      stopped: stop.reason,
      onPhase: phase => progress.phase(phase, load),
      onOperation: operation => progress.operation(operation),
    });
    progress.end();
    print(result, values);
    process.stderr.write(`history: ${folder}\n`);
    if (result.finished === 'interrupted') return EXIT.interrupted;
    const all = { url: target.url, instances: count, seed, signal: stop.signal };
    const second = values.k6 ? await byK6(all, progress, values) : [];
    if (stop.died === undefined) return EXIT[combine([result.judgement, ...second])];
    throw new UnavailableError(`a part of the stack died, so the load was stopped: ${stop.died}`);
  } catch (error) {
    if (stop.signal.aborted && stop.died === undefined) return EXIT.interrupted;
    throw error;
  } finally {
    progress.end();
    await stack?.stop();
  }
}

async function start(
  runner: Runner,
  instances: number,
  signal: AbortSignal,
  onStep: (step: string) => void,
): Promise<Stack> {
  try {
    return await startStack(runner, {
      instances,
      port: 'any',
      env: passedOn(process.env),
      onStep,
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new UnavailableError(`the bundled stack did not start: ${(error as Error).message}`);
  }
}

/** Ctrl-C, SIGTERM, SIGHUP or the death of a part of the stack end the load; what was recorded is judged. */
function stopping() {
  const controller = new AbortController();
  const state = {
    signal: controller.signal,
    died: undefined as string | undefined,
    reason: (): 'interrupted' | 'failed' => (state.died === undefined ? 'interrupted' : 'failed'),
    fail: (what: string): void => {
      if (controller.signal.aborted) return;
      state.died = what;
      controller.abort();
    },
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort());
  }
  return state;
}

/** @returns what k6 found, if it is there */
async function byK6(load: SecondLoad, progress: Progress, values: Values): Promise<Judgement[]> {
  const second = await secondLoad(load, step => progress.step(step));
  if (second === undefined) return [];
  (values.json ? process.stderr : process.stdout).write(second.summary);
  return [second.judgement];
}

function exitOf(result: Result): number {
  return EXIT[result.judgement];
}

function print(result: Result, values: Values): void {
  const { stdout } = process;
  const colour = stdout.isTTY === true && !process.env['NO_COLOR'];
  stdout.write(
    values.json
      ? `${JSON.stringify(result, null, 2)}\n`
      : terminal(result, { colour, width: stdout.columns ?? 100 }),
  );
}

/** What the app of the bundled stack may be told by the caller's environment. */
const APP_VARIABLES = /^(SESSION_|PAYMENT_MS$|STORE_TIMEOUT_MS$|SCRYPT_COST$|FIXTURE_USERS$)/;

const passedOn = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => APP_VARIABLES.test(entry[0]) && entry[1] !== undefined,
    ),
  );

/** The command that runs it again, with the seed and all that was not the default. */
function replay(file: string | undefined, values: Values, seed: number): string {
  const environment = values.stack === undefined ? {} : passedOn(process.env);
  const shown = Object.entries(environment)
    .filter(([name]) => name !== 'SESSION_SECRET')
    .map(([name, value]) => `${name}=${value} `);
  const given = (['stack', 'instances', 'sessions', 'duration', 'url', 'logs'] as const).filter(
    name =>
      values[name] !== undefined &&
      values[name] !== ('default' in options[name] ? options[name].default : undefined),
  );
  const flags = given.map(name => ` --${name} ${values[name]}`).join('');
  return `${shown.join('')}npx baton verify${file === undefined ? '' : ` ${file}`}${flags} --seed ${seed}`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const known = isBatonError(error);
  process.stderr.write(
    known ? `baton: ${error.message}\n` : `baton: internal error: ${(error as Error).stack}\n`,
  );
  process.exitCode = known ? error.exitCode : EXIT.internal;
}
