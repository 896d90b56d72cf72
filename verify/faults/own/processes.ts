/** Faults of processes, which the target file lists by PID file. A fault disturbs one of them at random. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isAlive, stateOf } from '../../../stack/process-table.ts';
import { until } from '../../../stack/wait.ts';
import type { Command, ProcessesSpec } from '../../target/schema-faults.ts';
import type { Disturbance, Means } from '../fault.ts';
import type { Commands } from './commands.ts';
import type { Maker } from './maker.ts';

type Action = ProcessesSpec['do'][number];

const SIGNALS = { kill: 'SIGKILL', stop: 'SIGTERM', pause: 'SIGSTOP' } as const;
const DID = { kill: 'killed', stop: 'ended', pause: 'frozen' } as const;
const DOES: Record<Action, string> = {
  kill: 'a process is killed (SIGKILL), and started again after a while',
  stop: 'a process is ended (SIGTERM), and started again after a while',
  pause: 'a process freezes (SIGSTOP), and resumes after a while',
};

/**
 * Returns a fault for each action that the target file lists.
 *
 * @param folder folder of the target file, to which paths of PID files are relative
 * @param withinMs maximum time for a process to end, and to start again, milliseconds
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
      async inject(commands, means, random) {
        const file = spec.pidFiles[random.below(spec.pidFiles.length)] as string;
        const path = resolve(folder, file);
        const pid = pidIn(path);
        if (action === 'pause') commands.heals(['/bin/sh', '-c', 'kill -s CONT "$1"', 'sh', `${pid}`]);
        else bringBack(path, pid, spec.start, withinMs, commands, means);
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

/**
 * Heals the fault: waits until the PID file names a new process. Without the command `start`, a supervisor must start
 * the process.
 */
function bringBack(
  path: string,
  pid: number,
  start: Command | undefined,
  withinMs: number,
  commands: Commands,
  { undo }: Means,
): void {
  undo(() =>
    until(() => pidIn(path) !== pid, {
      withinMs,
      what: `${path} to name another process than ${pid}${start === undefined ? ' (no command starts it again: add `start`, if no supervisor does)' : ''}`,
    }),
  );
  if (start !== undefined) commands.heals(filled(start, path));
}

const filled = (command: Command, path: string): Command =>
  typeof command === 'string'
    ? command.replaceAll('{pidFile}', path)
    : command.map(part => part.replaceAll('{pidFile}', path));

function pidIn(path: string): number {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `${path}: expected a PID file, but it cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid < 2)
    throw new Error(
      `${path}: expected a PID file with the id of a process, got ${JSON.stringify(text.slice(0, 40))}`,
    );
  if (!isAlive(pid))
    throw new Error(
      `${path}: expected the id of a running process, got ${pid}, but no such process runs: start the app`,
    );
  return pid;
}
