/** A server that runs as a child process: redis-server, nginx and each instance are one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { groupMembers, signalGroup } from './group.ts';
import { lastLines } from './log-file.ts';
import { NotReadyError } from './not-ready.ts';
import type { Service } from './stack.ts';
import { until } from './wait.ts';
import { guardGroup, releaseGroup, startWatchdog } from './watchdog.ts';

export interface User {
  uid: number;
  gid: number;
}

export interface ServerSpec {
  name: string;
  command: readonly [string, ...string[]];
  /** Its whole environment. */
  env: NodeJS.ProcessEnv;
  /** Takes its standard output and error, appended. */
  log: string;
  /** Asked until it says true or throws; then the server counts as started. */
  ready: (pid: number) => Promise<boolean>;
  /** Milliseconds it may take to be ready. */
  readyMs?: number;
  /** Asks it to end in order; SIGTERM by default. */
  stopSignal?: NodeJS.Signals;
  /** Milliseconds it may take to end after that; then it is killed. */
  stopMs?: number;
  /** Asks it to end for good, at once; SIGTERM by default. */
  disposeSignal?: NodeJS.Signals;
  /** Who it runs as: only root can say so. */
  runAs?: User;
  /** Told how it ended, with its last output, when nobody asked it to. */
  onDeath?: (description: string) => void;
}

interface Run {
  child: ChildProcess;
  pid: number;
  /** Somebody asked it to end. */
  asked: boolean;
  /** Started and found ready: from then on its end is told to `onDeath`. */
  ready: boolean;
  /** Set once it and its group have gone. */
  end?: string;
  ended: Promise<string>;
}

const LAST_LINES = 50;

/**
 * Becomes the program once we say go, which is when the watchdog knows of it. Killed before that, we leave a process
 * that nobody guards; it reads the end of the pipe instead, and ends.
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

  /** Of the leader of its process group; undefined when it does not run. */
  get pid(): number | undefined {
    return this.running() ? this.#run?.pid : undefined;
  }

  running(): boolean {
    return this.#run !== undefined && this.#run.end === undefined;
  }

  /**
   * Starts it and waits until it is ready.
   * Throws NotReadyError, and leaves nothing running, if it ends before or is not ready in time: with its last output.
   */
  async start(): Promise<void> {
    if (this.#disposed) throw new Error(`${this.name} was stopped for good and does not start again`);
    if (this.running()) return;
    const child = this.#spawn();
    const { pid } = child;
    if (pid === undefined) {
      const [error] = await once(child, 'error');
      throw new Error(`cannot start ${this.name} (${this.#spec.command[0]}): ${error.message}`);
    }
    // Nothing awaited between the spawn and this: `dispose` at any moment finds the process.
    const run = this.#watch(child, pid);
    this.#run = run;
    try {
      await this.#untilReady(run);
      run.ready = true;
    } catch (error) {
      run.asked = true;
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
   * Ends it for good: it never starts again, not even from a `restart` under way. Asks over and over, for a server
   * that drains takes the second SIGTERM as "now", and kills it after a second.
   */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const run = this.#run;
    if (run === undefined || run.end !== undefined) return;
    const ask = () => run.child.kill(this.#spec.disposeSignal ?? 'SIGTERM');
    const askAgain = setInterval(ask, 50);
    try {
      await this.#end(ask, 1_000);
    } finally {
      clearInterval(askAgain);
    }
  }

  async pause(): Promise<void> {
    const run = this.#living('pause');
    signalGroup(run.pid, 'SIGSTOP');
    await until(() => run.end !== undefined || groupMembers(run.pid).every(member => member.stopped), {
      withinMs: 2_000,
      everyMs: 1,
      what: `${this.name} to freeze`,
    });
  }

  async resume(): Promise<void> {
    const run = this.#living('resume');
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

  /** Sends a signal to the leader alone. Throws if it does not run. */
  signal(signal: NodeJS.Signals): void {
    this.#living(`send ${signal} to`).child.kill(signal);
  }

  /** The last lines it wrote, for a message. */
  lastOutput(): string {
    return lastLines(this.#spec.log, LAST_LINES);
  }

  #living(verb: string): Run {
    if (this.#run === undefined || this.#run.end !== undefined) {
      throw new Error(`cannot ${verb} ${this.name}: it does not run. Restart it first.`);
    }
    return this.#run;
  }

  #spawn(): ChildProcess {
    startWatchdog();
    const log = openSync(this.#spec.log, 'a');
    const child = spawn('/bin/sh', ['-c', AWAIT_GO, 'sh', ...this.#spec.command], {
      // Leader of a process group: signals reach what it starts itself, and the terminal's Ctrl-C reaches only us,
      // so that we stop things in order.
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
      env: this.#spec.env,
      ...this.#spec.runAs,
    });
    closeSync(log);
    return child;
  }

  #watch(child: ChildProcess, pid: number): Run {
    guardGroup(pid);
    const go = child.stdio[3];
    if (!(go instanceof Writable)) throw new Error('expected a pipe as the fourth file of a child');
    go.on('error', () => {}); // Killed before it could start: its end is told by `exit`.
    go.end('go\n');
    child.on('error', () => {}); // A signal that came too late.
    const exited = once(child, 'exit');
    const run: Run = {
      child,
      pid,
      asked: false,
      ready: false,
      ended: exited.then(how => this.#bury(run, how)),
    };
    return run;
  }

  /** What the leader left behind (nginx's workers survive a killed master) would hold its port: end it too. */
  async #bury(run: Run, [code, signal]: unknown[]): Promise<string> {
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
    if (run.ready && !run.asked) this.#spec.onDeath?.(run.end);
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

  async #end(ask: (run: Run) => void, withinMs: number): Promise<void> {
    const run = this.#run;
    if (run === undefined || run.end !== undefined) return;
    run.asked = true;
    ask(run);
    signalGroup(run.pid, 'SIGCONT'); // A paused process takes no signal but SIGKILL until it goes on.
    const tooLong = setTimeout(() => signalGroup(run.pid, 'SIGKILL'), withinMs);
    await run.ended;
    clearTimeout(tooLong);
  }
}
