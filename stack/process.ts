/** Runs a server as a child process: redis-server, nginx, or an instance. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { groupMembers, signalGroup } from './group.ts';
import { lastLines } from './log-file.ts';
import { type Launched, type PartSpec, StackPart } from './part.ts';
import { until } from './wait.ts';
import { guardGroup, makeFolder, releaseGroup, removeFolder, startWatchdog } from './watchdog.ts';

export interface ServerSpec extends PartSpec {
  command: readonly [string, ...string[]];
  /** The complete environment of the server; this process's by default. */
  env?: NodeJS.ProcessEnv;
  /** File to which standard output and error of the server are appended. */
  log: string;
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
}

const LAST_LINES = 50;

/**
 * Shell script that waits for the line `go` and then becomes the server. Baton sends the line once the watchdog knows
 * the process. If Baton is killed before that, its pipe closes, and the script exits.
 */
const AWAIT_GO = 'read -r go <&3 || exit; exec 3<&-; exec "$@"';

/** A server that leads a process group of its own. */
export class ServerProcess extends StackPart<ChildProcess> {
  readonly #spec: ServerSpec;

  constructor(spec: ServerSpec) {
    super(spec);
    this.#spec = spec;
  }

  override async stop(): Promise<void> {
    const { stopSignal = 'SIGTERM', stopMs = 10_000 } = this.#spec;
    await this.#endWithin(stopMs, child => child.kill(stopSignal));
  }

  override async kill(): Promise<void> {
    await this.#endWithin(10_000, child => signalAll(child, 'SIGKILL'));
  }

  /**
   * Ends the server for good, even during a `restart`. Repeats the signal, because a server that drains ends at the
   * second SIGTERM. Kills it after 1 s.
   */
  async dispose(): Promise<void> {
    this.expectEnd();
    let repeated: NodeJS.Timeout | undefined;
    await this.#endWithin(1_000, child => {
      const stop = () => child.kill(this.#spec.disposeSignal ?? 'SIGTERM');
      stop();
      repeated = setInterval(stop, 50);
    }).finally(() => clearInterval(repeated));
    if (this.#spec.folder !== undefined) removeFolder(this.#spec.folder);
  }

  override async pause(): Promise<void> {
    await this.#freeze('pause', 'SIGSTOP', true);
  }

  override async resume(): Promise<void> {
    await this.#freeze('resume', 'SIGCONT', false);
  }

  /** Sends a signal only to the leader of the process group. Throws if the leader does not run. */
  signal(signal: NodeJS.Signals): void {
    this.requireRunning(`send ${signal} to`).kill(signal);
  }

  override lastOutput(): string {
    return lastLines(this.#spec.log, LAST_LINES);
  }

  async #freeze(verb: string, signal: NodeJS.Signals, stopped: boolean): Promise<void> {
    const child = this.requireRunning(verb);
    signalAll(child, signal);
    const obeyed = () => groupMembers(child.pid ?? 0).every(member => member.stopped === stopped);
    const what = `${this.name} to ${verb}`;
    await until(() => !this.running() || obeyed(), { withinMs: 2_000, everyMs: 1, what });
  }

  async #endWithin(withinMs: number, stop: (child: ChildProcess) => unknown): Promise<void> {
    let tooLong: NodeJS.Timeout | undefined;
    await this.end(child => {
      stop(child);
      signalAll(child, 'SIGCONT'); // A paused process handles only SIGKILL until it is resumed.
      tooLong = setTimeout(() => signalAll(child, 'SIGKILL'), withinMs);
    });
    clearTimeout(tooLong);
  }

  protected override launch(): Launched<ChildProcess> {
    const { folder, runAs, prepare, log, command, env = process.env } = this.#spec;
    if (folder !== undefined) makeFolder(folder);
    if (folder !== undefined && runAs) chownSync(folder, runAs.uid, runAs.gid);
    prepare?.();
    startWatchdog();
    const output = openSync(log, 'a');
    const child = spawn('/bin/sh', ['-c', AWAIT_GO, 'sh', ...command], {
      // Makes the server the leader of a process group, so that signals also reach its children. The terminal's Ctrl-C
      // reaches only Baton, which stops everything in order.
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
      env,
      ...runAs,
    });
    closeSync(output);
    child.on('error', () => {}); // A signal came after the end of the process.
    const { pid } = child;
    if (pid === undefined) {
      const exited = once(child, 'error').then(([error]) => `it cannot be started: ${error.message}`);
      return { handle: child, pid: 0, where: command[0], exited };
    }
    guardGroup(pid);
    const go = child.stdio[3];
    if (!(go instanceof Writable))
      throw new Error('expected a pipe as file descriptor 3 of the child process');
    go.on('error', () => {}); // The process was killed before it started: `exit` reports its end.
    go.end('go\n');
    return { handle: child, pid, where: `process ${pid}`, exited: this.#exit(child, pid) };
  }

  /** Waits for the exit, and kills what is left of the process group, such as nginx's workers. */
  async #exit(child: ChildProcess, pid: number): Promise<string> {
    const [code, signal] = await once(child, 'exit');
    if (signalGroup(pid, 'SIGKILL')) {
      const gone = () => groupMembers(pid).length === 0;
      const what = `${this.name}'s processes to end`;
      await until(gone, { withinMs: 5_000, everyMs: 2, what }).catch(() => {});
    }
    releaseGroup(pid);
    return signal === null ? `exit code ${code}` : `${signal}`;
  }
}

function signalAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) signalGroup(pid, signal);
}
