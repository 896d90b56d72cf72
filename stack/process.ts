/** Runs a server as a child process: redis-server, nginx, or an instance. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { type Launched, type PartSpec, StackPart } from './part.ts';
import { groupMembers, signalGroup } from './process-table.ts';
import { until } from './wait.ts';
import { guard, makeFolder, release, removeFolder, startWatchdog } from './watchdog.ts';

export interface ServerSpec extends PartSpec {
  command: readonly [string, ...string[]];
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

const LAST_LINES = 50;
const LAST_BYTES = 32 * 1024;

/**
 * Shell script that waits for a line before it becomes the server. It exits if its input closes, because Baton has
 * then ended.
 */
const AWAIT_GO = 'read -r go <&3 || exit; exec 3<&-; exec "$@"';

/** A server that leads its own process group. */
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
   * Ends the server permanently, by SIGKILL if it runs after 1 s. Repeats SIGTERM, because a draining server ends only
   * at the second SIGTERM.
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

  signal(signal: NodeJS.Signals): void {
    this.requireRunning(`send ${signal} to`).kill(signal);
  }

  override lastOutput(): string {
    try {
      const end = execFileSync('tail', ['-c', String(LAST_BYTES), this.#spec.log], { stdio: 'pipe' });
      return end.toString().trimEnd().split('\n').slice(-LAST_LINES).join('\n');
    } catch {
      return ''; // The log has been removed.
    }
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
      signalAll(child, 'SIGCONT'); // A paused process handles only SIGKILL.
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
      // Ctrl-C in the terminal sends SIGINT to Baton's process group, which must not include the server.
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
      env,
      ...runAs,
    });
    closeSync(output);
    child.on('error', () => {}); // The process had ended before the signal.
    const { pid } = child;
    if (pid === undefined) {
      const exited = once(child, 'error').then(([error]) => `it cannot be started: ${error.message}`);
      return { handle: child, pid: 0, where: command[0], exited };
    }
    guard('group', pid);
    const go = child.stdio[3];
    if (!(go instanceof Writable))
      throw new Error('expected a pipe as file descriptor 3 of the child process');
    go.on('error', () => {}); // The process was killed before it started: `exit` reports its end.
    go.end('go\n');
    return { handle: child, pid, where: `process ${pid}`, exited: this.#exit(child, pid) };
  }

  async #exit(child: ChildProcess, pid: number): Promise<string> {
    const [code, signal] = await once(child, 'exit');
    if (signalGroup(pid, 'SIGKILL')) {
      const gone = () => groupMembers(pid).length === 0;
      const what = `${this.name}'s processes to end`;
      await until(gone, { withinMs: 5_000, everyMs: 2, what }).catch(() => {});
    }
    release('group', pid);
    return signal === null ? `exit code ${code}` : `${signal}`;
  }
}

function signalAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) signalGroup(pid, signal);
}
