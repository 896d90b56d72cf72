/**
 * Workload burst: sends overlapping requests of one session at random delays, then reads on every instance. Many delays
 * are near the delay at which a read begins to show a concurrent write (delay-search.ts).
 */
import { Barrier } from '../client/barrier.ts';
import type { Context } from '../client/context.ts';
import { Driver } from '../client/driver.ts';
import type { How } from '../client/how.ts';
import { leave } from '../client/leave.ts';
import { writable, writeOf } from '../client/probes.ts';
import type { Operation } from '../core/history/history.ts';
import type { Probe } from '../target/schema.ts';
import { DelaySearch } from './delay-search.ts';
import { collection } from './growth.ts';
import { everywhere, inTurn, lasted, over, type Plan, seated, type Workload } from './workload.ts';

const AT_ONCE = 4;
/** Maximum number of overlapping requests in a round. */
export const TOGETHER = 4;
/** Maximum number of values to write to one object, so that its page stays small. */
export const MOST = 44;

const LONG = 400;

/**
 * Minimum number of rounds with overlapping requests. An error that occurs in one of ten rounds is then almost
 * certainly found.
 */
const ENOUGH = 30;

interface Part {
  quick: number;
  /** Number of rounds with quick requests while a slow request is in flight. */
  slow: number;
  /** If true, the session reads again after all sessions have ended, to see late effects. */
  late: boolean;
}

/** Short sessions and slow requests come first, because they find common defects early. */
const PARTS: readonly Part[] = [
  ...Array(3).fill({ quick: 2, slow: 0, late: false }),
  { quick: 0, slow: 3, late: false },
  ...Array(2).fill({ quick: 0, slow: 3, late: true }),
  ...Array(6).fill({ quick: 8, slow: 0, late: true }),
];
const MORE: Part = { quick: 8, slow: 0, late: true };
/** Maximum number of additional sessions, for a run with too few overlapping requests. */
const MORE_TIMES = 6;

interface Shared {
  /** Number of rounds in which at least two requests overlapped. */
  overlapped: number;
  delays: DelaySearch;
}

export interface Racer {
  context: Context;
  driver: Driver;
  probe: Probe;
  other: Probe | undefined;
  shared: Shared;
}

export const burst: Workload = {
  name: 'burst',
  does: 'sends overlapping writes and reads of one session',
  feeds: ['no-lost-updates', 'at-most-once', 'linearizability', 'availability', 'read-your-writes'],
  lacks: target => (writable(target) === undefined ? 'a probe that can be written' : undefined),
  run: async (context, plan) => {
    const { probes, slow } = context.target;
    const written = probes.filter(probe => writeOf(probe) !== undefined);
    const parts = PARTS.filter(part => part.slow === 0 || slow !== undefined);
    const ends: (() => Promise<void>)[] = [];
    const shared: Shared = { overlapped: 0, delays: new DelaySearch() };
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
      // Logs out at once if the app limits sessions, because new sessions wait for the end of this session.
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

/** Returns a function that makes the last reads and ends the session. */
async function session(racer: Racer, plan: Plan, part: Part): Promise<() => Promise<void>> {
  const { context, driver, probe, other } = racer;
  if (!(await driver.enter())) return async () => driver.end('refused');
  const first = await driver.read();
  // Sends the first writes at the same time, because many apps create a session's data at its first write.
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

const SAME: readonly (readonly Kind[])[] = [
  ['write', 'write'],
  ['read', 'write', 'write'],
  ['write', 'write', 'write', 'write'],
  ['read', 'write'],
];

/** The kinds of requests in rounds with two probes. A write with one probe may restore old data of the other probe. */
const DIFFERENT: readonly (readonly Kind[])[] = [
  ['write', 'other'],
  ['write', 'other', 'write', 'other'],
];

async function readAll({ context, driver, probe, other }: Racer): Promise<void> {
  await everywhere(context, async how => (await driver.read(probe, how)).operation);
  if (other !== undefined) await everywhere(context, async how => (await driver.read(other, how)).operation);
}

/**
 * Sends overlapping requests, each after up to `span` milliseconds, then reads on every instance. Returns the duration
 * of the longest request, milliseconds.
 */
export async function together(racer: Racer, kinds: readonly Kind[], span: number): Promise<number> {
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
      const written = kind === 'other' ? other : probe;
      return driver.write(written, { ...how, size: n % 2 === 1 ? longFor(context, written) : 0 });
    }),
  );
  await readAll(kinds.includes('other') ? racer : { ...racer, other: undefined });
  const ends = operations.map(({ return: end = 0 }) => Math.max(0, end - released) / 1000);
  if (offsets.some((from, n) => offsets.some((to, m) => m !== n && from <= to && to < (ends[n] ?? 0))))
    shared.overlapped++;
  learn(shared.delays, operations, offsets);
  return Math.min(50, Math.max(...ends));
}

/**
 * Returns the length of long values, characters; 0 if the app may refuse them. Long values find a store that overwrites
 * in place: after a short value, it keeps the end of a longer one.
 */
function longFor({ target, growth }: Context, probe: Probe): number {
  return probe === collection(target) && growth?.refused === false ? Math.min(LONG, growth.longest) : 0;
}

/**
 * Returns the delay of each request, milliseconds. The delay of a read is near the delay at which reads begin to show
 * the write.
 */
function offsetsOf({ context: { random }, shared }: Racer, kinds: readonly Kind[], span: number): number[] {
  const writes = kinds.map(() => random.next() * span);
  const write = writes[kinds.indexOf('write')] ?? 0;
  return kinds.map((kind, n) =>
    kind === 'read' ? write + shared.delays.draw(random, [-write, span - write]) : (writes[n] ?? 0),
  );
}

function learn(delays: DelaySearch, operations: readonly Operation[], offsets: readonly number[]): void {
  const read = operations.findIndex(({ action }) => action === 'read');
  const write = operations.findIndex(({ action }) => action === 'add');
  const { saw } = operations[read] ?? {};
  const { value, outcome } = operations[write] ?? {};
  if (saw === undefined || value === undefined || outcome !== 'ok') return;
  delays.saw((offsets[read] ?? 0) - (offsets[write] ?? 0), saw.includes(value));
}

/**
 * Writes while slow requests of the same session are in flight.
 *
 * @param part delay of the first quick write as a share of 50 ms, 0 to 1
 */
export async function besideSlow(racer: Racer, round: number, part: number): Promise<void> {
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
