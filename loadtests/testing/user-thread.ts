/** A thread of the fake k6: loads the script and runs the tasks of one virtual user. */
import { registerHooks } from 'node:module';
import type { ScriptOptions, Stint } from './messages.ts';
import { beginIteration } from './modules/http.ts';
import { block, report, script, task } from './thread.ts';

interface Script {
  options?: ScriptOptions;
  setup?: () => unknown;
  [exec: string]: unknown;
  teardown?: (data: unknown) => void;
  handleSummary?: (data: unknown) => unknown;
}

// npm has no packages `k6` and `k6/…`, so the fake modules replace them.
registerHooks({
  resolve(specifier, context, next) {
    const name = /^k6(?:\/(\w+))?$/.exec(specifier);
    if (name === null) return next(specifier, context);
    return next(new URL(`./modules/${name[1] ?? 'k6'}.ts`, import.meta.url).href, context);
  },
});

Object.assign(globalThis, { __ENV: task.env });
const say = (...what: unknown[]): void => report({ type: 'console', text: what.map(String).join(' ') });
Object.assign(console, { log: say, info: say, warn: say, error: say, debug: say });

function load(loaded: Script, stint: Stint): void {
  const { exec, iterations, duration = 1000 * sum(stint.paces?.map(({ seconds }) => seconds) ?? []) } = stint;
  script.began = Date.now();
  const elapsed = (): number => Date.now() - script.began;
  const first = script.iteration;
  script.progress = () =>
    Math.min(1, iterations === undefined ? elapsed() / duration : (script.iteration - first) / iterations);
  while (iterations === undefined ? elapsed() < duration : script.iteration - first < iterations) {
    const began = elapsed();
    iterate(loaded[exec] as (data: unknown) => void);
    script.iteration++;
    if (stint.paces !== undefined)
      block(Math.max(0, 1 / paceAt(stint.paces, began / 1000) - (elapsed() - began) / 1000));
  }
}

function iterate(iteration: (data: unknown) => void): void {
  beginIteration();
  try {
    iteration(task.data);
  } catch (error) {
    // As in k6, an exception ends only the current iteration.
    say(error instanceof Error ? error.stack : String(error));
  }
  report({ type: 'sample', metric: 'iterations', kind: 'counter', value: 1, tags: {} });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/**
 * Returns the rate at a time of the task, iterations per second.
 * @param seconds time since the beginning of the task
 */
function paceAt(paces: NonNullable<Stint['paces']>, seconds: number): number {
  let left = seconds;
  for (const pace of paces) {
    if (left <= pace.seconds) return Math.max(0.1, pace.from + ((pace.to - pace.from) * left) / pace.seconds);
    left -= pace.seconds;
  }
  return paces.at(-1)?.to ?? 1;
}

try {
  const loaded = (await import(task.script)) as Script;
  script.options = loaded.options ?? {};
  let value: unknown;
  if (task.role === 'setup') value = loaded.setup?.();
  else if (task.role === 'user') for (const stint of task.stints ?? []) load(loaded, stint);
  else if (task.role === 'teardown') loaded.teardown?.(task.data);
  else if (task.role === 'summary') value = loaded.handleSummary?.(task.data);
  report({ type: 'done', options: script.options, value });
} catch (error) {
  report({ type: 'done', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
