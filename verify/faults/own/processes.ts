/** Faults of processes whose numbers are in files: one of them is drawn. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isAlive, stateOf } from '../../../stack/process-table.ts';
import { until } from '../../../stack/wait.ts';
import type { Command, ProcessesSpec } from '../../target/schema-faults.ts';
import type { Disturbance, Means } from '../fault.ts';
import type { Maker } from './index.ts';
import type { Orders } from './orders.ts';

type Action = ProcessesSpec['do'][number];

const SIGNALS = { kill: 'SIGKILL', stop: 'SIGTERM', pause: 'SIGSTOP' } as const;
const DID = { kill: 'killed', stop: 'told to end', pause: 'frozen' } as const;
const DOES: Record<Action, string> = {
  kill: 'a process is killed (SIGKILL), and started again after a while',
  stop: 'a process is told to end (SIGTERM), and started again after a while',
  pause: 'a process freezes (SIGSTOP), and goes on after a while',
};

/**
 * @param folder what the files are relative to
 * @param withinMs what a process may take to end, and to be there again
 * @returns a fault for each action
 */
export const ofProcesses = (
  name: string,
  spec: ProcessesSpec,
  folder: string,
  withinMs: number,
  make: Maker,
): Disturbance[] =>
  spec.do.map(action =>
    make({
      name: `${name}-${action}`,
      does: DOES[action],
      async inject(orders, means, random) {
        const file = spec.pidFiles[random.below(spec.pidFiles.length)] as string;
        const path = resolve(folder, file);
        const pid = pidIn(path);
        if (action === 'pause') orders.heals(['/bin/sh', '-c', 'kill -s CONT "$1"', 'sh', `${pid}`]);
        else comesBack(path, pid, spec.start, withinMs, orders, means);
        process.kill(pid, SIGNALS[action]);
        means.did(`process ${pid} of ${file} ${DID[action]}`);
        const bitten = () => (action === 'pause' ? /^[Tt]/.test(stateOf(pid) ?? '') : !isAlive(pid));
        return until(bitten, {
          withinMs,
          what: `process ${pid} to be ${DID[action]}`,
          signal: means.signal,
        }).then(
          () => true,
          () => false,
        );
      },
    }),
  );

/** Started by us where we know how, else by whoever watches over it. */
function comesBack(
  path: string,
  pid: number,
  start: Command | undefined,
  withinMs: number,
  orders: Orders,
  { undo }: Means,
): void {
  undo(() =>
    until(() => pidIn(path) !== pid, {
      withinMs,
      what: `${path} to name another process than ${pid} again${start === undefined ? '; nothing was to start it: add `start`, if nothing else does' : ''}`,
    }),
  );
  if (start !== undefined) orders.heals(filled(start, path));
}

const filled = (command: Command, path: string): Command =>
  typeof command === 'string'
    ? command.replaceAll('{pidFile}', path)
    : command.map(part => part.replaceAll('{pidFile}', path));

/** Throws where the file is not there, or names no process that lives. */
function pidIn(path: string): number {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `${path}: expected the number of a process, and it cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid < 2)
    throw new Error(`${path}: expected the number of a process, got ${JSON.stringify(text.slice(0, 40))}`);
  if (!isAlive(pid)) throw new Error(`${path}: expected a process that lives, and ${pid} does not`);
  return pid;
}
