/**
 * burst: overlapping requests of one session, released together; then reads on every instance. Its first round are
 * the first writes of the session; afterwards the kinds take turns, with offsets that sweep over the time of the
 * slower request: a race may be a millisecond wide.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver, type How, writable, writeOf } from '../client/driver.ts';
import type { Operation } from '../core/history.ts';
import { leave } from '../target/ready.ts';
import type { Probe } from '../target/schema.ts';
import { everywhere, inTurn, lasted, over, type Plan, type Workload } from './workload.ts';

const AT_ONCE = 4;
/** Requests of a round. */
const TOGETHER = 4;
/** Values of one object, at the most: pages stay small. */
const MOST = 44;

/** What one session of the workload does. */
interface Part {
  /** Rounds of quick requests; a race that is lost one time in ten must be tried some 30 times in all. */
  quick: number;
  /** Rounds beside a slow request of the target. */
  slow: number;
  /** Its last reads wait until all others are done: what takes effect late is seen then. */
  late: boolean;
}

/** A few short ones first, so that what is common is found soon. */
const PARTS: readonly Part[] = [
  ...Array(3).fill({ quick: 2, slow: 0, late: false }),
  ...Array(3).fill({ quick: 0, slow: 3, late: true }),
  ...Array(6).fill({ quick: 8, slow: 0, late: true }),
];

export const burst: Workload = {
  name: 'burst',
  does: 'overlapping writes and reads of one session, released together',
  feeds: ['no-lost-updates', 'at-most-once', 'linearizability', 'availability', 'read-your-writes'],
  lacks: target => (writable(target) === undefined ? 'a probe that can be written' : undefined),
  run: async (context, plan) => {
    const { probes, slow } = context.target;
    const written = probes.filter(probe => writeOf(probe) !== undefined);
    const parts = PARTS.filter(part => part.slow === 0 || slow !== undefined);
    const ends: (() => Promise<void>)[] = [];
    await inTurn(context, parts.length, AT_ONCE, async (own, n) => {
      const part = parts[n] as Part;
      const slowly = part.slow > 0 ? written.find(({ object }) => object === slow?.write?.object) : undefined;
      const probe = slowly ?? written[n % written.length];
      if (probe === undefined || over(own, plan)) return;
      const end = await session(own, plan, n, probe, part);
      if (part.late) ends.push(end);
      else await end();
    });
    await inTurn(context, ends.length, AT_ONCE, async (_, n) => ends[n]?.());
  },
};

/** @returns what reads the state for the last time, and leaves */
async function session(
  context: Context,
  plan: Plan,
  n: number,
  probe: Probe,
  part: Part,
): Promise<() => Promise<void>> {
  const driver = Driver.of(context, n);
  if (!(await driver.enter())) return async () => driver.end('refused');
  const first = await driver.read();
  // The first writes of the session: many apps make something then.
  await together(context, driver, probe, Array(TOGETHER).fill('write'), 0);
  const { operation } = await driver.read(probe);
  let span = Math.max(lasted(first.operation), lasted(operation));
  const most = Math.min(probe.cap ?? MOST, MOST);
  for (let round = 0; round < part.quick && (round + 2) * TOGETHER <= most && !over(context, plan); round++) {
    const kinds = ROUND[round % ROUND.length] as readonly Kind[];
    span = Math.max(1, await together(context, driver, probe, kinds, span));
  }
  for (let round = 0; round < part.slow && !over(context, plan); round++)
    await besideSlow(context, driver, probe, round, (round + context.random.next()) / part.slow);
  return async () => {
    await everywhere(context, async how => (await driver.read(probe, how)).operation);
    await leave(context, driver);
  };
}

type Kind = 'write' | 'read';

/** What races with what, round by round: writes of one thing, and a read under way while it is written. */
const ROUND: readonly (readonly Kind[])[] = [
  ['write', 'write'],
  ['read', 'write', 'write'],
  ['write', 'write', 'write', 'write'],
  ['read', 'write'],
];

/**
 * Releases requests together, each a random part of `span` later, and reads on every instance afterwards.
 *
 * @returns how long the longest of them took, milliseconds
 */
async function together(
  context: Context,
  driver: Driver,
  probe: Probe,
  kinds: readonly Kind[],
  span: number,
): Promise<number> {
  const barrier = new Barrier(kinds.length);
  const { clock } = context.recorder;
  let released = 0;
  void barrier.opened.then(() => {
    released = clock.now();
  });
  const operations = await Promise.all(
    kinds.map(kind => {
      const how: How = { held: barrier.place(context.random.next() * span) };
      return kind === 'write'
        ? driver.write(probe, how)
        : driver.read(probe, how).then(read => read.operation);
    }),
  );
  await everywhere(context, async how => (await driver.read(probe, how)).operation);
  const last = Math.max(...operations.map(({ return: end = 0 }: Operation) => end));
  return Math.min(50, Math.max(0, last - released) / 1000);
}

/**
 * Writes while slow requests of the same session are under way: two that write, so that no balancer gives both to
 * one instance; one that reads; one of each.
 *
 * @param part of a short while, after which the first of the quick writes is sent
 */
async function besideSlow(
  context: Context,
  driver: Driver,
  probe: Probe,
  round: number,
  part: number,
): Promise<void> {
  const { read, write } = context.target.slow ?? {};
  const reads = (): Promise<Operation>[] => (read === undefined ? [] : [driver.visit(read, {}, probe)]);
  const writes = (): Promise<Operation>[] => {
    if (write === undefined) return [];
    return [write.object === probe.object ? driver.write(probe, {}, write) : driver.touch(write, {}, probe)];
  };
  const kinds = [() => [...writes(), ...writes()], reads, () => [...writes(), ...reads()]];
  let under = true;
  const all = Promise.all(kinds[round % kinds.length]?.() ?? []).finally(() => {
    under = false;
  });
  await new Barrier(1).place(part * 50).pass();
  for (let i = 0; i < TOGETHER && under && !context.signal.aborted; i++) await driver.write(probe);
  await all;
  await everywhere(context, async how => (await driver.read(probe, how)).operation);
}
