/** `baton verify`: loads a running system or the bundled stack, and judges the recorded history. */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Runner, Stack, StackOptions } from '../../stack/stack.ts';
import type { Check } from '../core/checks/check.ts';
import type { Event } from '../core/history/history.ts';
import { type Result, unhealed } from '../core/result/result.ts';
import { combine, type Judgement } from '../core/result/verdict.ts';
import { EXIT, UnavailableError, UsageError } from '../errors.ts';
import { addressesOf } from '../faults/changes.ts';
import { needsLinks } from '../faults/index.ts';
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
import { chosen, waits } from '../workloads/index.ts';
import {
  addressOf,
  faultsOf,
  logsIn,
  milliseconds,
  nextVersion,
  rate,
  runnerOf,
  whole,
} from './arguments.ts';
import { type BalancerBehaviour, balancerBehaviour } from './balancer-behaviour.ts';
import { baselineOf, compareWith, comparisonForReports, judgementsOf, updateBaseline } from './baseline.ts';
import { fromCheckout } from './checkout.ts';
import { basketOfUser, unclaimedGuarantees } from './claims.ts';
import type { OptionValues } from './options.ts';
import { type Output, printResult } from './output.ts';
import { passedOn, replay } from './replay.ts';
import { PAGE, reportsOf, writeReports } from './reports.ts';
import { stickyCommand } from './sticky.ts';
import { TARGET } from './tables.ts';

export async function verifyCommand(
  file: string | undefined,
  values: OptionValues<'verify'>,
  output: Output,
): Promise<number> {
  const reports = reportsOf(values.report);
  const baseline = await baselineOf(values);
  const target = await loadTarget(file ?? TARGET, process.env, values.claims?.split(','));
  if (values.url !== undefined) target.url = addressOf(values.url, target.url);
  if (values['print-target']) {
    output.result.write(targetText(target, process.env));
    return EXIT.valid;
  }
  const seed =
    values.seed === undefined ? randomInt(2 ** 31) : whole('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER);
  const load = {
    seed,
    sessions: whole('--sessions', values.sessions, 1, 10_000),
    duration: milliseconds(values.duration),
    rate: rate(values.rate),
    compress: values.compress,
    workers:
      values.workers === 'auto'
        ? Math.max(1, availableParallelism() - 1)
        : whole('--workers', values.workers, 1, 64),
    workloads: values.workload?.split(',') ?? [],
    out: values.out,
    command: replay({ file, values, seed, variables: target.variables }),
  };
  const count = whole('--instances', values.instances, 1, 64);
  const runner = runnerOf(values);
  const like = balancerBehaviour(values, count);
  const wanted = faultsOf(values, target);
  const next = nextVersion(values.next);
  if (wanted !== undefined && !chosen(target, load.workloads).includes('hop'))
    throw new UsageError(
      '--faults: expected the workload hop, which must run during faults; add it to --workload',
    );
  if (load.rate !== undefined && !chosen(target, load.workloads).includes('hop'))
    throw new UsageError('--rate: expected the workload hop, the only one with a rate; add it to --workload');
  // --ui and --metrics follow only one history, but each worker thread writes its own.
  const divided = load.workers > 1;
  const shown = values.ui || values.metrics !== undefined;
  if (divided && shown)
    throw new UsageError(
      '--workers: expected one worker, because --ui and --metrics can follow only one history',
    );
  if (shown && values['sticky-report']) {
    const [option, what] = values.ui ? ['--ui', 'a page'] : ['--metrics', 'metrics'];
    throw new UsageError(
      `${option}: --sticky-report makes several short runs without ${what}; remove one of the two`,
    );
  }
  if (runner !== undefined) {
    const less = unclaimedGuarantees(process.env);
    target.claims = target.claims.filter(name => !less.includes(name));
    if (basketOfUser(process.env)) for (const probe of target.probes) probe.scope = 'user';
  }
  const waiting = waits(target, chosen(target, load.workloads));
  const logs = logsIn(values.logs);
  const stop = stopSignal();
  const progress = new Progress(output.progress, values.quiet);
  const judged = !divided && (progress.judged || shown);
  const status = new RunStatus(judged ? text => progress.alarm(text) : undefined, load.workers);
  progress.follow(status);
  let stack: Stack | undefined;
  let live: Live | undefined;
  let metrics: Listening | undefined;
  try {
    if (values.ui) live = await liveView(status, progress);
    if (values.metrics !== undefined) {
      metrics = await serveMetrics(status, values.metrics);
      progress.step(`metrics: ${metrics.url}/metrics`);
    }
    if (runner !== undefined) {
      const links = wanted !== undefined && needsLinks(wanted);
      stack = await start(runner, { instances: count, ...like, links, signal: stop.signal }, step =>
        progress.step(step),
      );
      target.url = stack.url;
      setRouting(target, like);
      // Direct requests to instances find differences between instances sooner.
      if (target.instance !== undefined) target.instance.addresses ??= addressesOf(stack);
      void stack.died.then(what => stop.fail(what));
    }
    if (target.tls?.insecure)
      progress.step(
        'WARNING: tls.insecure: certificates are not checked; a machine on the way can read passwords',
      );
    if (values['sticky-report']) {
      const all = { ...load, logs: [...(stack?.logs ?? []), ...logs], signal: stop.signal };
      return await stickyCommand(target, all, values.json, output, step => progress.step(step));
    }
    if (waiting > 0)
      progress.step(`waits for the declared timeouts: about ${Math.ceil(waiting / 1000)} s in all`);
    const loadsAgain = values.k6 && (await findK6(process.env)) !== undefined;
    const { result, folder } = await verify(target, {
      ...load,
      logs: [...(stack?.logs ?? []), ...logs],
      ...(wanted !== undefined && { faults: { wanted, stack, next } }),
      ...(stack !== undefined && { stack }),
      onStep: step => progress.step(step),
      onAlarm: text => progress.alarm(text),
      signal: stop.signal,
      stopped: stop.reason,
      onPhase: phase => {
        progress.phase(phase, load);
        // Stops the stack while the history is judged. A failure is thrown later, where `stop` is awaited.
        if (phase === 'judge' && !loadsAgain) stack?.stop().catch(() => {});
      },
      onActive: what => progress.active(what),
      onOperation: operation => status.operation(operation),
      ...(!divided && { onEvent: (event: Event) => status.event(event) }),
    });
    progress.end();
    const comparison = compareWith(baseline, result);
    printResult(result, values, output, comparison);
    const replay = (check: Check) => judgeFile(folder, [check]);
    const reported = { result, ...comparisonForReports(baseline, comparison), replay };
    await writeReports(reports, reported, file ?? TARGET, output);
    if (live !== undefined) {
      const page = join(folder, PAGE);
      await writeReports(reportsOf([`html=${page}`]), reported, file ?? TARGET, output);
      output.progress.write(`report: ${page}\n`);
      await live.end(await readFile(page, 'utf8'));
    }
    await updateBaseline(baseline, result, output);
    output.progress.write(`history: ${folder}\n`);
    // If a fault was not healed, the user must repair the system. The bundled stack needs no repair, because it has
    // stopped.
    if (stack === undefined && unhealed(result).length > 0) throw notHealed(result, folder);
    if (result.finished === 'interrupted') return EXIT.interrupted;
    const all = { url: target.url, instances: count, seed, signal: stop.signal };
    const second = values.k6
      ? await loadByK6(all, progress, values.json ? output.progress : output.result)
      : [];
    if (stop.died === undefined)
      return EXIT[combine([result.judgement, ...judgementsOf(baseline, comparison), ...second])];
    throw new UnavailableError(`a part of the stack died, so the load was stopped: ${stop.died}`);
  } catch (error) {
    if (stop.signal.aborted && stop.died === undefined) return EXIT.interrupted;
    throw error;
  } finally {
    progress.end();
    await live?.close();
    await metrics?.close();
    await stack?.stop();
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

/** --profile and --sticky define the routing of the bundled stack, even if the target claims a different one. */
function setRouting(target: Target, { profile, sticky }: BalancerBehaviour): void {
  if (profile?.choice === 'least-outstanding') target.routing = profile.choice;
  if (sticky === undefined) return;
  target.routing = 'sticky';
  if (target.instance !== undefined) target.instance.sticky = sticky.cookie;
}

async function start(
  runner: Runner,
  options: Pick<StackOptions, 'instances' | 'links'> & BalancerBehaviour & { signal: AbortSignal },
  onStep: (step: string) => void,
): Promise<Stack> {
  const { startStack } = await fromCheckout('--stack', () => import('../../stack/start.ts'));
  try {
    return await startStack(runner, { ...options, port: 'any', env: passedOn(process.env), onStep });
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw new UnavailableError(`the bundled stack did not start: ${(error as Error).message}`);
  }
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
