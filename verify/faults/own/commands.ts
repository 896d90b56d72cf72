/** Runs the commands of a fault with a time limit, and logs their output. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from '../../target/schema-faults.ts';
import { scrub } from '../../target/secrets.ts';
import type { Means } from '../fault.ts';
import { type Guard, guard } from './guard.ts';

/** Time between SIGTERM and SIGKILL, milliseconds. */
const GRACE_MS = 2_000;
/** Maximum length of a command's output in the log, bytes. Only the end of a longer output is logged. */
const KEPT = 64 << 10;
/** Number of lines in an error message, from the end of a command's output. */
const SHOWN = 3;

export interface CommandSettings {
  cwd: string;
  secrets: readonly string[];
}

export interface Ran {
  /** Exit code; undefined if a signal ended the command, or the command did not start. */
  code: number | undefined;
  output: string;
  /** How the command ended, such as `ended with exit code 1`. */
  how: string;
}

export class Commands {
  readonly #settings: CommandSettings;
  readonly #means: Means;
  readonly #withinMs: number;
  readonly #guards = new Set<Guard>();

  /** @param withinMs time limit of each command, milliseconds */
  constructor(settings: CommandSettings, means: Means, withinMs: number) {
    this.#settings = settings;
    this.#means = means;
    this.#withinMs = withinMs;
    mkdirSync(dirname(means.log), { recursive: true });
  }

  /**
   * Runs a command and returns its output.
   *
   * @throws an error with the last lines of the output, if the command fails or exceeds the time limit
   */
  async run(command: Command): Promise<string> {
    return this.#demand(command, this.#means.signal);
  }

  /** Runs a command and returns how it ended. Does not throw if the command fails. */
  tryRun(command: Command): Promise<Ran> {
    return this.#run(command, this.#means.signal);
  }

  /**
   * Registers a command that heals the fault. Call this before the fault disturbs the system. The command runs even
   * after an error or a stop. After a kill of Baton, a separate shell runs it.
   */
  heals(command: Command): void {
    const watching = guard(argvOf(command), this.#settings.cwd, this.#means.log);
    this.#guards.add(watching);
    this.#means.undo(async () => {
      try {
        await this.#demand(command);
      } finally {
        // Ends the shell that would heal the fault after a kill of Baton, so that the heal does not run twice.
        this.#guards.delete(watching);
        watching.release();
      }
    });
  }

  /** Registers a command that waits until the system is healthy. The command does not run if Baton is killed. */
  waits(command: Command): void {
    this.#means.undo(() => this.#demand(command));
  }

  async #demand(command: Command, signal?: AbortSignal): Promise<string> {
    const { code, output, how } = await this.#run(command, signal);
    if (code === 0) return output;
    const said = output.trim().split('\n').slice(-SHOWN).join('\n');
    const hidden = scrub(said, this.#settings.secrets);
    throw new Error(
      `${this.#shown(command)} ${how}${hidden === '' ? '' : `: ${hidden}`} (complete output: ${this.#means.log})`,
    );
  }

  async #run(command: Command, signal?: AbortSignal): Promise<Ran> {
    const began = performance.now();
    const [program = '', ...args] = argvOf(command);
    const file = scratch(this.#means.log);
    // A server that the command starts may write after Baton has ended, so the output goes to a file, not to a pipe.
    const child = spawn(program, args, {
      cwd: this.#settings.cwd,
      detached: true,
      stdio: ['ignore', file, file],
    });
    for (const watching of this.#guards) watching.runs(child.pid ?? 0);
    const { code, how } = await ended(child, this.#withinMs, signal);
    for (const watching of this.#guards) watching.runs(0);
    const output = lastOf(file);
    closeSync(file);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const text = scrub(output, this.#settings.secrets);
    appendFileSync(
      this.#means.log,
      `$ ${this.#shown(command)}\n${text}${text.endsWith('\n') || text === '' ? '' : '\n'}${how} after ${seconds} s\n\n`,
    );
    return { code, output, how };
  }

  #shown(command: Command): string {
    const text = typeof command === 'string' ? command.trim() : command.join(' ');
    return scrub(text, this.#settings.secrets);
  }
}

const argvOf = (command: Command): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command;

function scratch(beside: string): number {
  const name = `${beside}.tmp`;
  const file = openSync(name, 'w+', 0o600);
  unlinkSync(name);
  return file;
}

function lastOf(file: number): string {
  const { size } = fstatSync(file);
  const length = Math.min(size, KEPT);
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, size - length);
  return bytes.toString('utf8');
}

async function ended(
  child: ChildProcess,
  withinMs: number,
  signal: AbortSignal | undefined,
): Promise<{ code: number | undefined; how: string }> {
  if (child.pid === undefined) {
    const [error] = await once(child, 'error');
    return { code: undefined, how: `could not be started (${(error as NodeJS.ErrnoException).code})` };
  }
  const group = -child.pid;
  let why: string | undefined;
  let harder: NodeJS.Timeout | undefined;
  const end = (reason: string): void => {
    if (why !== undefined) return;
    why = reason;
    send(group, 'SIGTERM');
    harder = setTimeout(() => send(group, 'SIGKILL'), GRACE_MS);
  };
  const stopped = () => end('was ended because the run was stopped');
  const tooLong = setTimeout(() => end(`was ended because it took more than ${withinMs / 1000} s`), withinMs);
  signal?.addEventListener('abort', stopped);
  if (signal?.aborted) stopped();
  const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(tooLong);
  clearTimeout(harder);
  signal?.removeEventListener('abort', stopped);
  if (why !== undefined) {
    send(group, 'SIGKILL');
    return { code: undefined, how: why };
  }
  return code === null
    ? { code: undefined, how: `was ended by ${by}` }
    : { code, how: `ended with exit code ${code}` };
}

function send(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(group, signal);
  } catch {
    // The process group has already ended.
  }
}
