/** `baton verify`: loads a running system or the bundled stack, and judges the recorded history. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from '../../stack/stack.ts';
import type { Check } from '../core/checks/check.ts';
import type { Event } from '../core/history/history.ts';
import { type Result, unhealed } from '../core/result/result.ts';
import { combine, type Judgement } from '../core/result/verdict.ts';
import { EXIT, UnavailableError, UsageError } from '../errors.ts';
import { judgeFile } from '../judge-file.ts';
import { findK6, type SecondLoad, secondLoad } from '../k6.ts';
import type { Listening } from '../listen.ts';
import { Live } from '../live.ts';
import { serveMetrics } from '../metrics.ts';
import { type Out, Progress } from '../progress.ts';
import { verify } from '../run.ts';
import { RunStatus } from '../run-status.ts';
import { loadTarget, type Target } from '../target/load.ts';
import { targetText } from '../target/print.ts';
import { browserCode } from '../view.ts';
import { addressOf } from './arguments.ts';
import {
  type Baseline,
  baselineOf,
  compareWith,
  comparisonForReports,
  judgementsOf,
  updateBaseline,
} from './baseline.ts';
import { fromCheckout } from './checkout.ts';
import type { OptionValues } from './options.ts';
import { type Output, printResult } from './output.ts';
import { PAGE, reportsOf, writeReports } from './reports.ts';
import { stickyCommand } from './sticky.ts';
import { TARGET } from './tables/shared.ts';
import { type RunOptions, runOptions } from './verify-options.ts';
import { startRunStack } from './verify-stack.ts';

export async function verifyCommand(
  file: string | undefined,
  values: OptionValues<'verify'>,
  output: Output,
): Promise<number> {
  const reports = reportsOf(values.report);
  const baseline = await baselineOf(values);
  if (values.stack !== undefined) await fromCheckout('--stack', () => import('../../stack/start.ts'));
  const target = await loadTarget(file ?? TARGET, process.env, values.claims?.split(','));
  if (values.url !== undefined) target.url = addressOf(values.url, target.url);
  if (values['print-target']) {
    output.result.write(targetText(target, process.env));
    return EXIT.valid;
  }
  const options = runOptions(file, values, target);
  return new Verification({ file, values, output, target, options, reports, baseline }).perform();
}

interface Order {
  file: string | undefined;
  values: OptionValues<'verify'>;
  output: Output;
  target: Target;
  options: RunOptions;
  reports: ReturnType<typeof reportsOf>;
  baseline: Baseline | undefined;
}

/** One execution of the command, with the servers that it starts and stops. */
class Verification {
  readonly #order: Order;
  readonly #progress: Progress;
  readonly #status: RunStatus;
  readonly #stop = stopSignal();
  #stack: Stack | undefined;
  #live: Live | undefined;
  #metrics: Listening | undefined;

  constructor(order: Order) {
    const { output, values, options } = order;
    this.#order = order;
    this.#progress = new Progress(output.progress, values.quiet);
    const judged = !options.divided && (this.#progress.judged || options.shown);
    const alarm = judged ? (text: string) => this.#progress.alarm(text) : undefined;
    this.#status = new RunStatus(alarm, options.load.workers);
    this.#progress.follow(this.#status);
  }

  /** Returns the exit code. Stops all servers, also after an error. */
  async perform(): Promise<number> {
    const stop = this.#stop;
    try {
      await this.#begin();
      return await (this.#order.values['sticky-report'] ? this.#compareSticky() : this.#run());
    } catch (error) {
      if (stop.signal.aborted && stop.died === undefined) return EXIT.interrupted;
      throw error;
    } finally {
      this.#progress.end();
      await this.#live?.close();
      await this.#metrics?.close();
      await this.#stack?.stop();
    }
  }

  async #begin(): Promise<void> {
    const { values, options, target } = this.#order;
    const progress = this.#progress;
    if (values.ui) this.#live = await liveView(this.#status, progress);
    if (values.metrics !== undefined) {
      this.#metrics = await serveMetrics(this.#status, values.metrics);
      progress.step(`metrics: ${this.#metrics.url}/metrics`);
    }
    if (options.runner !== undefined) {
      const { signal } = this.#stop;
      const onStep = (step: string) => progress.step(step);
      this.#stack = await startRunStack(options.runner, options, target, { signal, onStep });
      void this.#stack.died.then(what => this.#stop.fail(what));
    }
    if (target.tls?.insecure)
      progress.step(
        'WARNING: tls.insecure: certificates are not checked; a machine on the way can read passwords',
      );
  }

  #logs(): RunOptions['logs'] {
    return [...(this.#stack?.logs ?? []), ...this.#order.options.logs];
  }

  #compareSticky(): Promise<number> {
    const { target, options, values, output } = this.#order;
    const all = { ...options.load, logs: this.#logs(), signal: this.#stop.signal };
    return stickyCommand(target, all, values.json, output, step => this.#progress.step(step));
  }

  async #run(): Promise<number> {
    const { target, options, values } = this.#order;
    const { load, wanted, next, divided, waitMs } = options;
    const progress = this.#progress;
    const stack = this.#stack;
    if (waitMs > 0)
      progress.step(`waits for the declared timeouts: about ${Math.ceil(waitMs / 1000)} s in all`);
    const loadsAgain = values.k6 && (await findK6(process.env)) !== undefined;
    const { result, folder } = await verify(target, {
      ...load,
      logs: this.#logs(),
      ...(wanted !== undefined && { faults: { wanted, stack, next } }),
      ...(stack !== undefined && { stack }),
      onStep: step => progress.step(step),
      onAlarm: text => progress.alarm(text),
      signal: this.#stop.signal,
      stopped: this.#stop.reason,
      onPhase: phase => {
        progress.phase(phase, load);
        // Stops the stack while the history is judged. A failure is thrown later, where `stop` is awaited.
        if (phase === 'judge' && !loadsAgain) stack?.stop().catch(() => {});
      },
      onActive: what => progress.active(what),
      onOperation: operation => this.#status.operation(operation),
      ...(!divided && { onEvent: (event: Event) => this.#status.event(event) }),
    });
    progress.end();
    return this.#exitCode(result, folder, await this.#report(result, folder));
  }

  /** Prints and writes the result. Returns the verdicts of the comparison with the baseline. */
  async #report(result: Result, folder: string): Promise<Judgement[]> {
    const { baseline, values, output, reports, file } = this.#order;
    const comparison = compareWith(baseline, result);
    printResult(result, values, output, comparison);
    const replay = (check: Check) => judgeFile(folder, [check]);
    const reported = { result, ...comparisonForReports(baseline, comparison), replay };
    await writeReports(reports, reported, file ?? TARGET, output);
    if (this.#live !== undefined) {
      const page = join(folder, PAGE);
      await writeReports(reportsOf([`html=${page}`]), reported, file ?? TARGET, output);
      output.progress.write(`report: ${page}\n`);
      await this.#live.end(await readFile(page, 'utf8'));
    }
    await updateBaseline(baseline, result, output);
    output.progress.write(`history: ${folder}\n`);
    return judgementsOf(baseline, comparison);
  }

  async #exitCode(result: Result, folder: string, compared: readonly Judgement[]): Promise<number> {
    const { target, options, values, output } = this.#order;
    const stop = this.#stop;
    // If a fault was not healed, the user must repair the system. The bundled stack needs no repair, because it has
    // stopped.
    if (this.#stack === undefined && unhealed(result).length > 0) throw notHealed(result, folder);
    if (result.finished === 'interrupted') return EXIT.interrupted;
    const { instances, load } = options;
    const again = { url: target.url, instances, seed: load.seed, signal: stop.signal };
    const second = values.k6
      ? await loadByK6(again, this.#progress, values.json ? output.progress : output.result)
      : [];
    if (stop.died === undefined) return EXIT[combine([result.judgement, ...compared, ...second])];
    throw new UnavailableError(`a part of the stack died, so the load was stopped: ${stop.died}`);
  }
}

async function liveView(status: RunStatus, progress: Progress): Promise<Live> {
  const code = await browserCode();
  if (code === undefined) throw new UsageError('--ui: expected esbuild in node_modules; run npm install');
  const live = await Live.start(code, status);
  progress.alarm(`live view: ${live.url}`);
  return live;
}

function notHealed(result: Result, folder: string): UnavailableError {
  return new UnavailableError(
    `${unhealed(result).join('; ')}. Repair the system by hand; the output of the commands is in ${join(folder, 'faults')}`,
  );
}

function stopSignal() {
  const controller = new AbortController();
  const state = {
    signal: controller.signal,
    died: undefined as string | undefined,
    reason: (): 'interrupted' | 'failed' => (state.died === undefined ? 'interrupted' : 'failed'),
    fail: (what: string): void => {
      if (controller.signal.aborted) return;
      state.died = what;
      controller.abort();
    },
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort());
  }
  return state;
}

/** Returns a list with the verdict of the load by k6. The list is empty if k6 is not installed. */
async function loadByK6(load: SecondLoad, progress: Progress, out: Out): Promise<Judgement[]> {
  const second = await secondLoad(load, step => progress.step(step));
  if (second === undefined) return [];
  out.write(second.summary);
  return [second.judgement];
}
