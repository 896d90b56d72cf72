/** Workload idle: tests the declared session timeouts with waiting sessions and busy sessions. */
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import { leave } from '../client/leave.ts';
import { writable } from '../client/probes.ts';
import type { Operation } from '../core/history/history.ts';
import { timeoutTolerance } from '../core/timeline/timeouts.ts';
import { aim, everywhere, inTurn, pause, type Workload } from './workload.ts';

const ALIVE = 0.85;
const BUSY = 3;
/** Duration of a busy session, as a multiple of the idle timeout. */
const LONG = 2.2;

/** Returns the wait after which a session must have expired, milliseconds: the timeout and its tolerance. */
const after = (timeout: number): number => timeout + timeoutTolerance(timeout * 1000) / 1000 + 100;
/** Returns a wait after which a session must still be alive, milliseconds. */
const before = (timeout: number): number => timeout * ALIVE;

export const idle: Workload = {
  name: 'idle',
  does: 'sends requests just before and just after the declared timeouts of sessions',
  feeds: ['expiry'],
  lacks: ({ expiry }) =>
    expiry?.idle === undefined && expiry?.absolute === undefined ? '`expiry`' : undefined,
  takes: ({ expiry }) => {
    const { idle: quiet = 0, absolute = 0 } = expiry ?? {};
    return Math.max(after(quiet), quiet * LONG, absolute === 0 ? 0 : after(absolute)) + 2_000;
  },
  run: async context => {
    const { idle: quiet, absolute, renew = 'each' } = context.target.expiry ?? {};
    const tasks: ((own: Context, n: number) => Promise<void>)[] = [];
    const add = (task: (own: Context, n: number) => Promise<void>): void => {
      tasks.push(task);
    };
    if (quiet !== undefined) {
      for (const wait of [quiet / 2, before(quiet), after(quiet), after(quiet), quiet * 1.2])
        add((own, n) => waits(own, n, wait));
      // Two sessions replay the cookie that browsers delete at its expiry, because an instance may still accept it.
      for (let i = 0; i < 2; i++) add((own, n) => waits(own, n, after(quiet), true));
      const until = absolute === undefined ? quiet * LONG : Math.min(quiet * LONG, before(absolute));
      if (renew !== 'never') for (let i = 0; i < 2; i++) add((own, n) => busy(own, n, quiet / BUSY, until));
    }
    if (absolute !== undefined) {
      const every = Math.min(quiet ?? absolute, absolute) / BUSY;
      for (let i = 0; i < 2; i++) add((own, n) => busy(own, n, every, before(absolute)));
      for (let i = 0; i < 2; i++) add((own, n) => busy(own, n, every, after(absolute)));
    }
    await inTurn(context, tasks.length, tasks.length, async (own, n) => tasks[n]?.(own, n));
  },
};

async function enter(context: Context, n: number): Promise<Driver | undefined> {
  const driver = Driver.of(context, n);
  if (!(await driver.enter())) {
    driver.end('refused');
    return undefined;
  }
  // Every instance must know the session before the wait. A refusal after the wait then shows that the session has
  // expired.
  await everywhere(context, async how => (await driver.read(undefined, how)).operation);
  return driver;
}

/** Sends only one request after the wait, because this request renews the session. */
async function waits(context: Context, n: number, milliseconds: number, byHand = false): Promise<void> {
  const driver = await enter(context, n);
  if (driver === undefined) return;
  const client = driver.replayer();
  await pause(context, milliseconds);
  const to = aim(context, n);
  const { operation } = await driver.read(undefined, byHand ? { to, as: { client, with: 'old' } } : { to });
  await finish(context, driver, operation);
}

async function busy(context: Context, n: number, every: number, until: number): Promise<void> {
  const driver = await enter(context, n);
  if (driver === undefined) return;
  const probe = writable(context.target);
  const writes = context.target.expiry?.renew === 'write' && probe !== undefined;
  const end = context.recorder.clock.now() + until * 1000;
  for (let i = 0; ; i++) {
    const left = (end - context.recorder.clock.now()) / 1000;
    await pause(context, Math.min(every, left));
    if (context.signal.aborted) break;
    const to = aim(context, n + i);
    const last = left <= every;
    const operation =
      writes && !last ? await driver.write(probe, { to }) : (await driver.read(undefined, { to })).operation;
    if (last || operation.signedIn === 'out') return finish(context, driver, operation);
  }
  driver.end('over');
}

/** Logs out if the session is alive and counts towards the app's limit of sessions. */
async function finish(context: Context, driver: Driver, { signedIn }: Operation): Promise<void> {
  const counted = context.target.sessions?.most !== undefined;
  if (counted && signedIn === 'in') await leave(context, driver);
  else driver.end('over');
}
