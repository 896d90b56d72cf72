/** Opens what a run needs to send and record requests: history file, connections, logs and clients. */
import { join } from 'node:path';
import { Affinity } from './client/affinity.ts';
import { Authenticator } from './client/authenticator.ts';
import { type RecorderClock, startClock } from './client/clock.ts';
import type { Context } from './client/context.ts';
import { HistoryFile } from './client/history-file.ts';
import { Instances } from './client/instances.ts';
import { interpreterOf } from './client/interpreter.ts';
import { makeLabeller } from './client/labels.ts';
import { LoginTurns } from './client/login-turns.ts';
import { FollowedLogs } from './client/logs.ts';
import { MailReader } from './client/mail-reader.ts';
import { Network } from './client/network.ts';
import { accountsOf } from './client/part.ts';
import { Recorder } from './client/recorder.ts';
import { Registration } from './client/registration.ts';
import { Spacing, seatsOf } from './client/seats.ts';
import { SessionClient } from './client/session-client.ts';
import type { Finish, Operation } from './core/history/history.ts';
import { instanceUpdater } from './faults/changes.ts';
import { ObservedLoad } from './faults/load.ts';
import { HISTORY, partFile } from './history-reader.ts';
import type { RunPlan } from './plan.ts';
import { seeded } from './random.ts';
import type { Account } from './target/load.ts';

export interface RunRecording {
  context: Context;
  load: ObservedLoad;
  logs: FollowedLogs;
  /** Stops following logs, closes the connections, and writes the last line of the history. */
  close(reason: Finish['reason']): Promise<void>;
}

/**
 * Opens the history of a run, and starts to follow its logs. Always close the recording, even after an error.
 *
 * @param clock the clock of the history; a new clock by default
 */
export function record(plan: RunPlan, clock: RecorderClock = startClock()): RunRecording {
  const { target, run, stack, part } = plan;
  const network = new Network(target);
  network.apart = plan.apart ?? plan.schedule.length > 0;
  const load = new ObservedLoad();
  const history = new HistoryFile(
    join(plan.folder, part.of === 1 ? HISTORY : partFile(part.number)),
    plan.onEvent,
    plan.compress ? 0 : undefined,
  );
  const context = contextOf(plan, history, network, clock, operation => {
    if (plan.schedule.length > 0) load.saw(operation);
    // Does not wait for log entries of requests during a fault, because a fault may kill the instance before it logs
    // the request.
    if (!context.recorder.disturbed) logs.ended(operation);
    plan.onOperation?.(operation);
  });
  const logs = new FollowedLogs(plan.logs ?? [], run, entry => context.recorder.log(entry));
  const unfollow = stack?.fleet?.onChange(instanceUpdater(stack, context, logs));
  const close = async (reason: Finish['reason']): Promise<void> => {
    unfollow?.();
    await logs.stop();
    context.recorder.finish(reason);
    network.close();
  };
  return { context, load, logs, close };
}

function contextOf(
  plan: RunPlan,
  history: HistoryFile,
  network: Network,
  clock: RecorderClock,
  onOperation: (operation: Operation) => void,
): Context {
  const { target, run, signal } = plan;
  const label = makeLabeller(plan.key);
  const interpreter = interpreterOf(target, label, run.canary);
  const instances = new Instances(target);
  const recorder = new Recorder(
    ...[history, clock, run, interpreter, label],
    operation => {
      instances.saw(operation);
      onOperation(operation);
    },
    plan.part,
  );
  const affinity = affinityOf(plan, () => recorder.clock.now());
  const connect = (): SessionClient => new SessionClient(network, affinity);
  const aids = {
    mails: target.mail && new MailReader(target.mail, target.folder, signal),
    authenticator: new Authenticator(),
  };
  return {
    target,
    recorder,
    interpreter,
    instances,
    connect,
    canary: run.canary,
    random: seeded(plan.seed),
    prefix: 'r',
    account: n => target.accounts[n % target.accounts.length] as Account,
    seats: seatsOf({ ...target, accounts: accountsOf(target.accounts, plan.part) }),
    spacing: target.sessions?.every === undefined ? undefined : new Spacing(target.sessions.every),
    logins: new LoginTurns(),
    ...aids,
    registration:
      target.register &&
      new Registration(target.register, target, aids, connect, reply => interpreter.csrf(reply)),
    signal,
  };
}

/** @param now the run's clock, microseconds */
function affinityOf(
  { target: { instance }, affinity, seed, duration }: RunPlan,
  now: () => number,
): Affinity | undefined {
  if (affinity === undefined || instance?.sticky === undefined) return undefined;
  const middle = (duration / 2) * 1000;
  return new Affinity(instance.sticky, affinity, seeded(seed, 'affinity'), () => now() > middle);
}
