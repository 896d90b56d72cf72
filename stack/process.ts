/** Runs a server as a child process: redis-server, nginx, or an instance. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { groupMembers, signalGroup } from './group.ts';
import { lastLines } from './log-file.ts';
import { NotReadyError } from './not-ready.ts';
import type { Service } from './stack.ts';
import { until } from './wait.ts';
import { guardGroup, makeFolder, releaseGroup, removeFolder, startWatchdog } from './watchdog.ts';

export interface ServerSpec {
  name: string;
  command: readonly [string, ...string[]];
  /** The complete environment of the server; this process's by default. */
  env?: NodeJS.ProcessEnv;
  /** File to which standard output and error of the server are appended. */
  log: string;
  /** Called repeatedly until it resolves with true. Then the server counts as started. */
  ready: (pid: number) => Promise<boolean>;
  /** Maximum time until the server is ready, milliseconds. */
  readyMs?: number;
  /** Signal that ends the server in order; SIGTERM by default. */
  stopSignal?: NodeJS.Signals;
  /** Milliseconds between `stopSignal` and SIGKILL. */
  stopMs?: number;
  /** Signal with which `dispose` ends the server at once; SIGTERM by default. */
  disposeSignal?: NodeJS.Signals;
  /** The user to run as. Requires root. */
  runAs?: { uid: number; gid: number };
  /** A temporary folder. `start` creates it for the user `runAs`, and `dispose` removes it. */
  folder?: string;
  /** Called before each start, to write the server's files. */
  prepare?: () => void;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath?: (description: string) => void;
}

interface Run {
  child: ChildProcess;
  pid: number;
  /** True once the stack has asked the server to stop. An exit is then expected, and `onDeath` is not called. */
  stopRequested: boolean;
  /** True after the server was ready for the first time. From then on, an unexpected exit is reported to `onDeath`. */
  ready: boolean;
  /** Description of the end; set when the server and its process group have ended. */
  end?: string;
  ended: Promise<string>;
}

const LAST_LINES = 50;

/**
 * Shell script that waits for the line `go` and then becomes the server. Baton sends the line once the watchdog knows
 * the process. If Baton is killed before that, its pipe closes, and the script exits.
 */
const AWAIT_GO = 'read -r go <&3 || exit; exec 3<&-; exec "$@"';

export class ServerProcess implements Service {
  readonly name: string;
  readonly #spec: ServerSpec;
  #run: Run | undefined;
  #disposed = false;

  constructor(spec: ServerSpec) {
    this.name = spec.name;
    this.#spec = spec;
  }

  /** Process id of the server, which leads its process group; undefined if it does not run. */
  get pid(): number | undefined {
    return this.running() ? this.#run?.pid : undefined;
  }

  running(): boolean {
    return this.#run !== undefined && this.#run.end === undefined;
  }

  /**
   * Starts the server and waits until it is ready. If the server ends before, or is not ready in time, throws
   * NotReadyError with its last output, and leaves nothing running.
   */
  async start(): Promise<void> {
    if (this.#disposed) throw new Error(`${this.name} was stopped for good: it cannot be started again`);
    if (this.running()) return;
    this.#prepare();
    const child = this.#spawn();
    const { pid } = child;
    if (pid === undefined) {
      const [error] = await once(child, 'error');
      throw new Error(`cannot start ${this.name} (${this.#spec.command[0]}): ${error.message}`);
    }
    // No await may come between the spawn and this line, or `dispose` could miss the process.
    const run = this.#watch(child, pid);
    this.#run = run;
    try {
      await this.#untilReady(run);
      run.ready = true;
    } catch (error) {
      run.stopRequested = true;
      signalGroup(run.pid, 'SIGKILL');
      await run.ended;
      throw new NotReadyError(this.name, error instanceof Error ? error.message : String(error));
    }
  }

  async stop(): Promise<void> {
    await this.#end(run => run.child.kill(this.#spec.stopSignal ?? 'SIGTERM'), this.#spec.stopMs ?? 10_000);
  }

  async kill(): Promise<void> {
    await this.#end(run => signalGroup(run.pid, 'SIGKILL'), 10_000);
  }

  /**
   * Ends the server for good, even during a `restart`. Repeats the signal, because a server that drains ends at the
   * second SIGTERM. Kills it after 1 s.
   */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const stop = () => this.#run?.child.kill(this.#spec.disposeSignal ?? 'SIGTERM');
    const repeated = setInterval(stop, 50);
    try {
      await this.#end(stop, 1_000);
    } finally {
      clearInterval(repeated);
    }
    if (this.#spec.folder !== undefined) removeFolder(this.#spec.folder);
  }

  async pause(): Promise<void> {
    const run = this.#requireRunning('pause');
    signalGroup(run.pid, 'SIGSTOP');
    await until(() => run.end !== undefined || groupMembers(run.pid).every(member => member.stopped), {
      withinMs: 2_000,
      everyMs: 1,
      what: `${this.name} to freeze`,
    });
  }

  async resume(): Promise<void> {
    const run = this.#requireRunning('resume');
    signalGroup(run.pid, 'SIGCONT');
    await until(() => run.end !== undefined || groupMembers(run.pid).every(member => !member.stopped), {
      withinMs: 2_000,
      everyMs: 1,
      what: `${this.name} to go on`,
    });
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Sends a signal only to the leader of the process group. Throws if the leader does not run. */
  signal(signal: NodeJS.Signals): void {
    this.#requireRunning(`send ${signal} to`).child.kill(signal);
  }

  /** Returns the last lines of the server's output, for a message. */
  lastOutput(): string {
    return lastLines(this.#spec.log, LAST_LINES);
  }

  #requireRunning(verb: string): Run {
    if (this.#run === undefined || this.#run.end !== undefined) {
      throw new Error(`cannot ${verb} ${this.name}: it does not run. Restart it first.`);
    }
    return this.#run;
  }

  #prepare(): void {
    const { folder, runAs, prepare } = this.#spec;
    if (folder !== undefined) makeFolder(folder);
    if (folder !== undefined && runAs) chownSync(folder, runAs.uid, runAs.gid);
    prepare?.();
  }

  #spawn(): ChildProcess {
    startWatchdog();
    const log = openSync(this.#spec.log, 'a');
    const child = spawn('/bin/sh', ['-c', AWAIT_GO, 'sh', ...this.#spec.command], {
      // Makes the server the leader of a process group, so that signals also reach its children. The terminal's Ctrl-C
      // reaches only Baton, which stops everything in order.
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
      env: this.#spec.env ?? process.env,
      ...this.#spec.runAs,
    });
    closeSync(log);
    return child;
  }

  #watch(child: ChildProcess, pid: number): Run {
    guardGroup(pid);
    const go = child.stdio[3];
    if (!(go instanceof Writable))
      throw new Error('expected a pipe as file descriptor 3 of the child process');
    go.on('error', () => {}); // The process was killed before it started: `exit` reports its end.
    go.end('go\n');
    child.on('error', () => {}); // A signal came after the end of the process.
    const exited = once(child, 'exit');
    const run: Run = {
      child,
      pid,
      stopRequested: false,
      ready: false,
      ended: exited.then(how => this.#finish(run, how)),
    };
    return run;
  }

  /**
   * Kills what is left of the process group, such as nginx's workers after a kill of their master. Returns a
   * description of the end.
   */
  async #finish(run: Run, [code, signal]: unknown[]): Promise<string> {
    if (signalGroup(run.pid, 'SIGKILL')) {
      const gone = () => groupMembers(run.pid).length === 0;
      await until(gone, {
        withinMs: 5_000,
        everyMs: 2,
        what: `${this.name}'s processes to end`,
      }).catch(() => {});
    }
    releaseGroup(run.pid);
    const how = signal === null ? `exit code ${code}` : `${signal}`;
    const output = this.lastOutput();
    run.end = `${this.name} (process ${run.pid}) ended: ${how}. ${output === '' ? 'It wrote nothing.' : `Its last output:\n${output}`}`;
    if (run.ready && !run.stopRequested) this.#spec.onDeath?.(run.end);
    return run.end;
  }

  async #untilReady(run: Run): Promise<void> {
    const withinMs = this.#spec.readyMs ?? 20_000;
    const died = new AbortController();
    run.ended.then(end => died.abort(new Error(`expected ${this.name} to start, but it did not: ${end}`)));
    const what = `${this.name} (process ${run.pid}) to be ready`;
    try {
      await until(() => this.#spec.ready(run.pid), {
        withinMs,
        what,
        signal: died.signal,
      });
    } catch (error) {
      if (died.signal.aborted) throw error;
      throw new Error(
        `${error instanceof Error ? error.message : error}. Its last output:\n${this.lastOutput()}`,
      );
    }
  }

  async #end(stop: (run: Run) => void, withinMs: number): Promise<void> {
    const run = this.#run;
    if (run === undefined || run.end !== undefined) return;
    run.stopRequested = true;
    stop(run);
    signalGroup(run.pid, 'SIGCONT'); // A paused process handles only SIGKILL until it is resumed.
    const tooLong = setTimeout(() => signalGroup(run.pid, 'SIGKILL'), withinMs);
    await run.ended;
    clearTimeout(tooLong);
  }
}
