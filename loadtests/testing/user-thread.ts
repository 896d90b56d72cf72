/** One thread of the double: loads the script as k6 does for each virtual user, and does its part. */
import { registerHooks } from 'node:module';
import type { ScriptOptions } from './messages.ts';
import { beginIteration } from './modules/http.ts';
import { script, task, tell } from './thread.ts';

interface Script {
  options?: ScriptOptions;
  setup?: () => unknown;
  default: (data: unknown) => void;
  teardown?: (data: unknown) => void;
  handleSummary?: (data: unknown) => unknown;
}

// `k6` and `k6/http` … are none of npm's: they lead to the modules of the double.
registerHooks({
  resolve(specifier, context, next) {
    const name = /^k6(?:\/(\w+))?$/.exec(specifier);
    if (name === null) return next(specifier, context);
    return next(new URL(`./modules/${name[1] ?? 'k6'}.ts`, import.meta.url).href, context);
  },
});

Object.assign(globalThis, { __ENV: task.env });
const say = (...what: unknown[]): void => tell({ type: 'console', text: what.map(String).join(' ') });
Object.assign(console, { log: say, info: say, warn: say, error: say, debug: say });

function load(loaded: Script): void {
  const over = Date.now() + (task.duration ?? 0);
  const more = (): boolean =>
    task.iterations === undefined ? Date.now() < over : script.iteration < task.iterations;
  for (; more(); script.iteration++) {
    beginIteration();
    try {
      loaded.default(task.data);
    } catch (error) {
      // As in k6, it ends the iteration alone.
      say(error instanceof Error ? error.stack : String(error));
    }
    tell({ type: 'sample', metric: 'iterations', kind: 'counter', value: 1, tags: {} });
  }
}

try {
  const loaded = (await import(task.script)) as Script;
  script.options = loaded.options ?? {};
  let value: unknown;
  if (task.role === 'setup') value = loaded.setup?.();
  else if (task.role === 'user') load(loaded);
  else if (task.role === 'teardown') loaded.teardown?.(task.data);
  else if (task.role === 'summary') value = loaded.handleSummary?.(task.data);
  tell({ type: 'done', options: script.options, value });
} catch (error) {
  tell({ type: 'done', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
