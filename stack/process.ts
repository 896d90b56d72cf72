/** Runs a server as a child process: redis-server, nginx, or an instance. Reports if it ends unexpectedly. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { groupMembers, signalGroup } from './process-table.ts';
import type { OnDeath, Service } from './stack.ts';
import { until } from './wait.ts';
import { guard, makeFolder, release, removeFolder, startWatchdog } from './watchdog.ts';

export interface ServerSpec {
  name: string;
  command: readonly [string, ...string[]];
  /** By default the server is ready as soon as it runs. */
  ready?: (pid: number) => Promise<boolean>;
  readyMs?: number;
  onDeath?: OnDeath | undefined;
  env?: NodeJS.ProcessEnv;
  log: string;
  stopSignal?: NodeJS.Signals;
  stopMs?: number;
  disposeSignal?: NodeJS.Signals;
  /** User that runs the server. Requires that Baton runs as root. */
  runAs?: { uid: number; gid: number };
  /** Temporary folder that `start` creates and `dispose` removes. */
  folder?: string;
  /** Called before each start, to write files that the server needs. */
  prepare?: () => void;
}

interface Run {
  child: ChildProcess;
  pid: number;
  stopRequested: boolean;
  ready: boolean;
  /** Aborts when the process ends. The signal's reason says how it ended. */
  over: AbortController;
  ended: Promise<void>;
}

/**
 * Shell script that waits for a line before it becomes the server. It exits if its input closes, because Baton has
 * then ended.
 */
const AWAIT_GO = 'read -r go <&3 || exit; exec 3<&-; exec "$@"';

/** Thrown if a process or container of the stack was started, but did not become ready. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  /** Name of the process or container, such as app-1. */
  readonly part: string;

  constructor(part: string, message: string) {
    super(message);
    this.part = part;
  }
}

/** A server that leads its own process group. */
export class ServerProcess implements Service {
  readonly name: string;
  readonly #spec: ServerSpec;
  #run: Run | undefined;
  /** True if the server cannot be started again. */
  protected disposed = false;

  constructor(spec: ServerSpec) {
    this.name = spec.name;
    this.#spec = spec;
  }

  running(): boolean {
    return this.#run !== undefined && !this.#run.over.signal.aborted;
  }

  get pid(): number | undefined {
    return this.running() ? this.#run?.pid : undefined;
  }

  /** Waits until the server is ready. Otherwise stops it, and throws NotReadyError with its last output. */
  async start(): Promise<void> {
    if (this.disposed) throw new Error(`${this.name} was stopped for good: it cannot be started again`);
    if (this.running()) return;
    const run = this.#launch();
    const { ready = async () => true, readyMs = 20_000 } = this.#spec;
    const what = `${this.name} (${this.where(run.pid)}) to be ready`;
    try {
      await until(() => ready(run.pid), { withinMs: readyMs, what, signal: run.over.signal });
      run.ready = true;
    } catch (error) {
      const { message } = error as Error;
      if (run.over.signal.aborted) throw new NotReadyError(this.name, message);
      await this.kill();
      throw new NotReadyError(this.name, `${message}. Its last output:\n${this.lastOutput()}`);
    }
  }

  /** Runs the program to its end. Throws its last output if it fails. */
  async run(): Promise<void> {
    const { child, ended, over } = this.#launch();
    await ended;
    if (child.exitCode !== 0) throw over.signal.reason;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    const { stopSignal = 'SIGTERM', stopMs = 10_000 } = this.#spec;
    await this.#endWithin(stopMs, ({ child }) => child.kill(stopSignal));
  }

  async kill(): Promise<void> {
    await this.#endWithin(10_000, ({ pid }) => signalGroup(pid, 'SIGKILL'));
  }

  /**
   * Ends the server permanently, by SIGKILL if it runs after 1 s. Repeats SIGTERM, because a draining server ends only
   * at the second SIGTERM.
   */
  async dispose(): Promise<void> {
    this.disposed = true;
    let repeated: NodeJS.Timeout | undefined;
    await this.#endWithin(1_000, ({ child }) => {
      const stop = () => child.kill(this.#spec.disposeSignal ?? 'SIGTERM');
      stop();
      repeated = setInterval(stop, 50);
    }).finally(() => clearInterval(repeated));
    if (this.#spec.folder !== undefined) removeFolder(this.#spec.folder);
  }

  async pause(): Promise<void> {
    await this.#freeze('pause', 'SIGSTOP', true);
  }

  async resume(): Promise<void> {
    await this.#freeze('resume', 'SIGCONT', false);
  }

  /** Returns the last 50 lines of the server's output, for an error message; '' if its log has been removed. */
  lastOutput(): string {
    return spawnSync('tail', ['-n', '50', this.#spec.log], { encoding: 'utf8' }).stdout.trim();
  }

  /** Name of the process or container in messages. */
  protected where(pid: number): string {
    return `process ${pid}`;
  }

  protected requireRunning(verb: string): Run {
    if (this.#run !== undefined && this.running()) return this.#run;
    throw new Error(`cannot ${verb} ${this.name}: it does not run. Restart it first.`);
  }

  /** Calls `stop` if the server runs, and waits until it has ended. */
  protected async end(stop: (run: Run) => unknown): Promise<void> {
    const run = this.#run;
    if (run === undefined || !this.running()) return;
    run.stopRequested = true;
    await stop(run);
    await run.ended;
  }

  async #freeze(verb: string, signal: NodeJS.Signals, stopped: boolean): Promise<void> {
    const { pid } = this.requireRunning(verb);
    signalGroup(pid, signal);
    const obeyed = () => groupMembers(pid).every(member => member.stopped === stopped);
    const what = `${this.name} to ${verb}`;
    await until(() => !this.running() || obeyed(), { withinMs: 2_000, everyMs: 1, what });
  }

  async #endWithin(withinMs: number, stop: (run: Run) => unknown): Promise<void> {
    let tooLong: NodeJS.Timeout | undefined;
    await this.end(run => {
      stop(run);
      signalGroup(run.pid, 'SIGCONT'); // A paused process handles only SIGKILL.
      tooLong = setTimeout(() => signalGroup(run.pid, 'SIGKILL'), withinMs);
    });
    clearTimeout(tooLong);
  }

  /** Sets `#run` before any `await`. Otherwise, a concurrent `dispose` could miss the started process. */
  #launch(): Run {
    const { folder, runAs, prepare, log, command, env = process.env } = this.#spec;
    if (folder !== undefined) makeFolder(folder);
    if (folder !== undefined && runAs) chownSync(folder, runAs.uid, runAs.gid);
    prepare?.();
    startWatchdog();
    const output = openSync(log, 'a');
    const child = spawn('/bin/sh', ['-c', AWAIT_GO, 'sh', ...command], {
      // Ctrl-C in the terminal sends SIGINT to Baton's process group, which must not include the server.
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
      env,
      ...runAs,
    });
    closeSync(output);
    child.on('error', () => {}); // The process had ended before the signal.
    const { pid } = child;
    if (pid === undefined)
      throw new Error(`expected to start ${this.name}, but this machine starts no process`);
    guard('group', pid);
    const go = child.stdio[3] as Writable;
    go.on('error', () => {}); // The process was killed before it started: `exit` reports its end.
    go.end('go\n');
    const run = { child, pid, stopRequested: false, ready: false, over: new AbortController() };
    this.#run = Object.assign(run, { ended: this.#follow(run) });
    return this.#run;
  }

  async #follow(run: Omit<Run, 'ended'>): Promise<void> {
    const { child, pid, over } = run;
    const [code, signal] = await once(child, 'exit');
    if (signalGroup(pid, 'SIGKILL')) {
      const gone = () => groupMembers(pid).length === 0;
      const what = `${this.name}'s processes to end`;
      await until(gone, { withinMs: 5_000, everyMs: 2, what }).catch(() => {});
    }
    release('group', pid);
    const output = this.lastOutput();
    const last = output === '' ? 'It wrote nothing.' : `Its last output:\n${output}`;
    const end = `${this.name} (${this.where(pid)}) ended: ${signal ?? `exit code ${code}`}. ${last}`;
    over.abort(new Error(`expected ${this.name} to start, but it did not: ${end}`));
    if (run.ready && !run.stopRequested) this.#spec.onDeath?.(end);
  }
}
