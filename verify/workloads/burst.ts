/**
 * burst: sends overlapping requests of one session, released together, then reads on every instance. The first round
 * sends the first writes of the session. Later rounds take the kinds in turn, with offsets that sweep over the duration
 * of the slower request. More offsets are drawn where the response changes: a race may be 1 ms wide.
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver, writable, writeOf } from '../client/driver.ts';
import type { How } from '../client/requests.ts';
import type { Operation } from '../core/history.ts';
import { leave } from '../target/leave.ts';
import type { Probe } from '../target/schema.ts';
import { Edge } from './edge.ts';
import { everywhere, inTurn, lasted, over, type Plan, seated, type Workload } from './workload.ts';

const AT_ONCE = 4;
/** Requests of a round. */
const TOGETHER = 4;
/** Largest number of values of one object, so that pages stay small. */
const MOST = 44;

/** Rounds with overlapping requests that are needed: a race that fails one time in ten must be tried some 30 times. */
const ENOUGH = 30;

/** The rounds of one session of the workload. */
interface Part {
  /** Rounds of quick requests. */
  quick: number;
  /** Rounds during a slow request of the target. */
  slow: number;
  /** Whether its last reads wait until all other sessions are done, to see late effects. */
  late: boolean;
}

/**
 * A few short sessions come first, so that common defects are found soon. One with slow requests follows, for the same
 * reason.
 */
const PARTS: readonly Part[] = [
  ...Array(3).fill({ quick: 2, slow: 0, late: false }),
  { quick: 0, slow: 3, late: false },
  ...Array(2).fill({ quick: 0, slow: 3, late: true }),
  ...Array(6).fill({ quick: 8, slow: 0, late: true }),
];
/** The sessions that follow while too few requests have overlapped: the network to the target is uneven. */
const MORE: Part = { quick: 8, slow: 0, late: true };
/** How many of them follow at most. */
const MORE_TIMES = 6;

/** State that the rounds of all sessions share. */
interface Shared {
  /** Rounds in which two requests overlapped, as far as their times show. */
  overlapped: number;
  /** The edge between reads that show the racing write and reads that do not. */
  edge: Edge;
}

/** A session, the object that it writes, and a second object that it can write, if there is one. */
interface Racer {
  context: Context;
  driver: Driver;
  probe: Probe;
  other: Probe | undefined;
  shared: Shared;
}

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
    const shared: Shared = { overlapped: 0, edge: new Edge() };
    const perform = async (own: Context, n: number, part: Part): Promise<void> => {
      const slowly = part.slow > 0 ? written.find(({ object }) => object === slow?.write?.object) : undefined;
      const probe = slowly ?? written[n % written.length];
      if (probe === undefined || over(own, plan)) return;
      const other = written.find(({ object, scope }) => object !== probe.object && scope === probe.scope);
      const end = await session(
        { context: own, driver: Driver.of(own, n), probe, other, shared },
        plan,
        part,
      );
      // If the sessions are limited, others wait for the end of this one.
      if (part.late && context.seats === undefined) ends.push(end);
      else await end();
    };
    await inTurn(context, parts.length, AT_ONCE, (own, n) => perform(own, n, parts[n] as Part));
    for (let n = 0; n < MORE_TIMES && shared.overlapped < ENOUGH; n++)
      await seated({ ...context, random: context.random.fork(`more ${n}`) }, 1, own =>
        perform(own, parts.length + n, MORE),
      );
    await inTurn(context, ends.length, AT_ONCE, async (_, n) => ends[n]?.(), 0);
  },
};

/** Runs the rounds of a session. Returns the function that reads the state for the last time, and leaves. */
async function session(racer: Racer, plan: Plan, part: Part): Promise<() => Promise<void>> {
  const { context, driver, probe, other } = racer;
  if (!(await driver.enter())) return async () => driver.end('refused');
  const first = await driver.read();
  // The first writes of the session: many apps create something then.
  await together(racer, Array(TOGETHER).fill('write'), 0);
  const { operation } = await driver.read(probe);
  let span = Math.max(lasted(first.operation), lasted(operation));
  const rounds = other === undefined ? SAME : [...DIFFERENT, ...SAME];
  const most = Math.min(probe.cap ?? MOST, other?.cap ?? MOST, MOST);
  for (let round = 0; round < part.quick && (round + 2) * TOGETHER <= most && !over(context, plan); round++) {
    const kinds = rounds[round % rounds.length] as readonly Kind[];
    span = Math.max(1, await together(racer, kinds, span));
  }
  for (let round = 0; round < part.slow && !over(context, plan); round++)
    await besideSlow(racer, round, (round + context.random.next()) / part.slow);
  return async () => {
    await readAll(racer);
    await leave(context, driver);
  };
}

type Kind = 'write' | 'read' | 'other';

/** The kinds of requests in each round: writes of one object, and a read in flight during writes. */
const SAME: readonly (readonly Kind[])[] = [
  ['write', 'write'],
  ['read', 'write', 'write'],
  ['write', 'write', 'write', 'write'],
  ['read', 'write'],
];

/** Writes of two objects: each write may save the old state of the other object. */
const DIFFERENT: readonly (readonly Kind[])[] = [
  ['write', 'other'],
  ['write', 'other', 'write', 'other'],
];

/** Reads all objects that were written, on every instance. */
async function readAll({ context, driver, probe, other }: Racer): Promise<void> {
  await everywhere(context, async how => (await driver.read(probe, how)).operation);
  if (other !== undefined) await everywhere(context, async how => (await driver.read(other, how)).operation);
}

/**
 *
 * Releases requests together, each a part of `span` later, and reads on every instance afterwards.
 *
 * @returns the duration of the longest request, milliseconds
 */
async function together(racer: Racer, kinds: readonly Kind[], span: number): Promise<number> {
  const { context, driver, probe, other = probe, shared } = racer;
  const barrier = new Barrier(kinds.length);
  const { clock } = context.recorder;
  let released = 0;
  void barrier.opened.then(() => {
    released = clock.now();
  });
  const offsets = offsetsOf(racer, kinds, span);
  const operations = await Promise.all(
    kinds.map((kind, n) => {
      const how: How = { held: barrier.place(offsets[n]) };
      if (kind === 'read') return driver.read(probe, how).then(read => read.operation);
      return driver.write(kind === 'other' ? other : probe, how);
    }),
  );
  await readAll(kinds.includes('other') ? racer : { ...racer, other: undefined });
  const ends = operations.map(({ return: end = 0 }) => Math.max(0, end - released) / 1000);
  if (offsets.some((from, n) => offsets.some((to, m) => m !== n && from <= to && to < (ends[n] ?? 0))))
    shared.overlapped++;
  learn(shared.edge, operations, offsets);
  return Math.min(50, Math.max(...ends));
}

/**
 * Returns when each request leaves, milliseconds after the first: writes anywhere in the span, a read around the first
 * write.
 */
function offsetsOf({ context: { random }, shared }: Racer, kinds: readonly Kind[], span: number): number[] {
  const writes = kinds.map(() => random.next() * span);
  const write = writes[kinds.indexOf('write')] ?? 0;
  return kinds.map((kind, n) =>
    kind === 'read' ? write + shared.edge.draw(random, [-write, span - write]) : (writes[n] ?? 0),
  );
}

/** Records whether a read showed the first of the writes that raced with it. */
function learn(edge: Edge, operations: readonly Operation[], offsets: readonly number[]): void {
  const read = operations.findIndex(({ action }) => action === 'read');
  const write = operations.findIndex(({ action }) => action === 'add');
  const { saw } = operations[read] ?? {};
  const { value, outcome } = operations[write] ?? {};
  if (saw === undefined || value === undefined || outcome !== 'ok') return;
  edge.saw((offsets[read] ?? 0) - (offsets[write] ?? 0), saw.includes(value));
}

/**
 *
 * Writes while slow requests of the same session are in flight: two that write, so that no balancer routes both to one
 * instance; one that reads; one of each.
 *
 * @param part of 50 ms, after which the first quick write is sent
 */
async function besideSlow(racer: Racer, round: number, part: number): Promise<void> {
  const { context, driver, probe } = racer;
  const { read, write } = context.target.slow ?? {};
  const reads = (): Promise<Operation>[] => (read === undefined ? [] : [driver.visit(read)]);
  const writes = (): Promise<Operation>[] => {
    if (write === undefined) return [];
    return [write.object === probe.object ? driver.write(probe, {}, write) : driver.touch(write)];
  };
  const kinds = [() => [...writes(), ...writes()], reads, () => [...writes(), ...reads()]];
  let under = true;
  const all = Promise.all(kinds[round % kinds.length]?.() ?? []).finally(() => {
    under = false;
  });
  await new Barrier(1).place(part * 50).pass();
  for (let i = 0; i < TOGETHER && under && !context.signal.aborted; i++) await driver.write(probe);
  await all;
  await readAll({ ...racer, other: undefined });
}
