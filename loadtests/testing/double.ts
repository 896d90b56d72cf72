/**
 * A fake k6, which supports the features that the scripts in loadtests/ need. A contract test compares it with real
 * k6.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { Agent, type Dispatcher } from 'undici';
import { Aggregate } from './aggregate.ts';
import type { Done, Message, RequestMessage, ResponseMessage, ScriptOptions, Task } from './messages.ts';
import { plannedBy } from './stints.ts';

export interface ScriptRun {
  /** Exit code of k6: 0 success, 99 failed thresholds, 107 an exception that ends the run. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** Console output of the script, in the format of `--console-output FILE --log-format raw`. */
  console: string;
}

const THREAD = new URL('./user-thread.ts', import.meta.url);

class ScriptError extends Error {}

type Part = Pick<Task, 'role'> & Partial<Task>;

class Double {
  readonly #script: string;
  readonly #env: Record<string, string>;
  readonly #dispatcher = new Agent();
  readonly #said: string[] = [];
  #aggregate = new Aggregate({});

  constructor(script: string, env: Record<string, string>) {
    this.#script = script;
    this.#env = env;
  }

  async run(): Promise<ScriptRun> {
    const began = performance.now();
    try {
      // Loads the thresholds before setup() runs, because setup() adds the first samples.
      const options = await this.options();
      this.#aggregate = new Aggregate(options.thresholds ?? {});
      const { value: data, error } = await this.#thread({ role: 'setup' });
      if (error !== undefined) return this.#ended(107, '', error);
      await this.#load(options, data);
      await this.#thread({ role: 'teardown', data });
      return await this.#summary((performance.now() - began) / 1000, data);
    } catch (error) {
      if (error instanceof ScriptError) return this.#ended(107, '', error.message);
      throw error;
    } finally {
      await this.#dispatcher.destroy();
    }
  }

  async options(): Promise<ScriptOptions> {
    const { options, error } = await this.#thread({ role: 'options' });
    if (options === undefined) throw new ScriptError(error);
    return options;
  }

  async #load(options: ScriptOptions, data: unknown): Promise<void> {
    const { vus, stints } = plannedBy(options);
    const users = Array.from({ length: vus }, (_, i) =>
      this.#thread({ role: 'user', user: i + 1, data, stints }),
    );
    await Promise.all(users);
  }

  async #summary(seconds: number, setup_data: unknown): Promise<ScriptRun> {
    const metrics = this.#aggregate.metrics(seconds);
    const state = { testRunDurationMs: seconds * 1000, isStdOutTTY: false, isStdErrTTY: false };
    const { value } = await this.#thread({ role: 'summary', data: { metrics, state, setup_data } });
    const failed = Object.values(metrics).some(metric =>
      Object.values(metric.thresholds ?? {}).some(t => !t.ok),
    );
    return this.#ended(failed ? 99 : 0, (value as { stdout?: string } | undefined)?.stdout ?? '', '');
  }

  #ended(code: number, stdout: string, stderr: string): ScriptRun {
    return { code, stdout, stderr, console: this.#said.map(line => `${line}\n`).join('') };
  }

  /** Runs one part of the script, such as setup() or a virtual user, in a separate thread. */
  async #thread(part: Part): Promise<Done> {
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    const task: Task = { script: this.#script, env: this.#env, user: 0, data: null, ...part, signal };
    const worker = new Worker(THREAD, {
      workerData: { task, port: port2 },
      transferList: [port2],
      execArgv: [],
    });
    try {
      return await new Promise<Done>((resolve, reject) => {
        worker.once('error', reject);
        port1.on('message', (message: Message) => {
          if (message.type === 'done') resolve(message);
          else this.#heard(message, port1, signal);
        });
      });
    } finally {
      port1.close();
      await worker.terminate();
    }
  }

  #heard(message: Exclude<Message, Done>, port: MessagePort, signal: Int32Array): void {
    if (message.type === 'sample') this.#aggregate.add(message);
    else if (message.type === 'console') this.#said.push(message.text);
    else {
      void this.#send(message).then(response => {
        port.postMessage(response);
        Atomics.store(signal, 0, 1);
        Atomics.notify(signal, 0);
      });
    }
  }

  async #send({ method, url, headers, body }: RequestMessage): Promise<ResponseMessage> {
    const began = performance.now();
    try {
      const response = await this.#dispatcher.request({
        origin: new URL(url).origin,
        path: url.slice(new URL(url).origin.length),
        method: method as Dispatcher.HttpMethod,
        headers,
        body,
      });
      const text = await response.body.text();
      const lines = Object.entries(response.headers).flatMap(([name, value]) =>
        [value ?? ''].flat().map((one): [string, string] => [canonical(name), one]),
      );
      return {
        status: response.statusCode,
        headers: lines,
        body: text,
        errorCode: 0,
        duration: performance.now() - began,
      };
    } catch (error) {
      return {
        status: 0,
        headers: [],
        body: '',
        errorCode: codeOf(error),
        duration: performance.now() - began,
      };
    }
  }
}

/** Returns a header's name as k6 writes it: x-instance-id → X-Instance-Id. */
const canonical = (name: string): string => name.replace(/(^|-)[a-z]/g, start => start.toUpperCase());

const codeOf = (error: unknown): number =>
  (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 1212 : 1000;

/**
 * Runs a script with the fake k6.
 * @param script path of the script
 */
export const runDouble = (script: string, env: Record<string, string>): Promise<ScriptRun> =>
  new Double(script, env).run();

export const optionsOf = (script: string, env: Record<string, string>): Promise<ScriptOptions> =>
  new Double(script, env).options();
