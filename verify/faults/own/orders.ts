/** Gives the orders that a fault consists of, as commands: with a time limit, and their output kept. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from '../../target/schema-faults.ts';
import { scrub } from '../../target/secrets.ts';
import type { Means } from '../fault.ts';
import { type Guard, guard } from './guard.ts';

/** What a command has after SIGTERM, milliseconds. */
const GRACE_MS = 2_000;
/** The end of a command's output, which is kept, bytes. */
const KEPT = 64 << 10;
/** Lines of it in a message. */
const TOLD = 3;

/** What is the same for all orders of a run. */
export interface Office {
  /** Where commands run. */
  cwd: string;
  /** What must be hidden in what they say. */
  secrets: readonly string[];
}

export interface Ran {
  /** Exit code; undefined where it was ended by a signal, or did not start. */
  code: number | undefined;
  /** What it wrote, the end of it. */
  output: string;
  /** How it ended, for a message. */
  how: string;
}

export class Orders {
  readonly #office: Office;
  readonly #means: Means;
  readonly #withinMs: number;
  readonly #guards = new Set<Guard>();

  /** @param withinMs what each command may take */
  constructor(office: Office, means: Means, withinMs: number) {
    this.#office = office;
    this.#means = means;
    this.#withinMs = withinMs;
    mkdirSync(dirname(means.log), { recursive: true });
  }

  /** Throws what it said last if it does not end with exit code 0 in time, or the run is stopped. @returns its output */
  async tell(command: Command): Promise<string> {
    return this.#demand(command, this.#means.signal);
  }

  /** @returns how it ended, whatever that is */
  ask(command: Command): Promise<Ran> {
    return this.#run(command, this.#means.signal);
  }

  /** To be called before what it heals is done: the command runs on every path, and in our place if we are killed. */
  heals(command: Command): void {
    const watching = guard(argvOf(command), this.#office.cwd, this.#means.log);
    this.#guards.add(watching);
    this.#means.undo(async () => {
      try {
        await this.#demand(command);
      } finally {
        // One that failed is not tried again behind anybody's back.
        this.#guards.delete(watching);
        watching.release();
      }
    });
  }

  /** Likewise, where nothing is to be undone but something waited for. */
  waits(command: Command): void {
    this.#means.undo(() => this.#demand(command));
  }

  async #demand(command: Command, signal?: AbortSignal): Promise<string> {
    const { code, output, how } = await this.#run(command, signal);
    if (code === 0) return output;
    const said = output.trim().split('\n').slice(-TOLD).join('\n');
    const hidden = scrub(said, this.#office.secrets);
    throw new Error(
      `${this.#shown(command)} ${how}${hidden === '' ? '' : `: ${hidden}`} (all that it said: ${this.#means.log})`,
    );
  }

  async #run(command: Command, signal?: AbortSignal): Promise<Ran> {
    const began = performance.now();
    const [program = '', ...args] = argvOf(command);
    const file = scratch(this.#means.log);
    // A file, not a pipe: what a command leaves running (a server that it starts) writes on when we have gone.
    const child = spawn(program, args, {
      cwd: this.#office.cwd,
      detached: true,
      stdio: ['ignore', file, file],
    });
    for (const watching of this.#guards) watching.runs(child.pid ?? 0);
    const { code, how } = await ended(child, this.#withinMs, signal);
    for (const watching of this.#guards) watching.runs(0);
    const output = lastOf(file);
    closeSync(file);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const text = scrub(output, this.#office.secrets);
    appendFileSync(
      this.#means.log,
      `$ ${this.#shown(command)}\n${text}${text.endsWith('\n') || text === '' ? '' : '\n'}${how} after ${seconds} s\n\n`,
    );
    return { code, output, how };
  }

  #shown(command: Command): string {
    const text = typeof command === 'string' ? command.trim() : command.join(' ');
    return scrub(text, this.#office.secrets);
  }
}

/** A text is for the shell. */
const argvOf = (command: Command): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command;

/** A file without a name, which goes when nobody has it open any more: what is in it may be secret. */
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

/** Ends its whole group when it takes too long, or the run is stopped. */
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
  const stopped = () => end('was ended, as the run was stopped');
  const tooLong = setTimeout(() => end(`had not ended within ${withinMs / 1000} s, and was ended`), withinMs);
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
    // It has gone.
  }
}
