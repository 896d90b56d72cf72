/** Draws histories for the bench: clients that work in parallel on objects that are atomic, or almost. */
import type { ObjectKind } from '../verify/core/history.ts';
import type { Deed, State } from '../verify/core/models.ts';
import { MODELS } from '../verify/core/models.ts';
import type { Interval } from '../verify/core/search/linearizability.ts';
import { type Random, seeded } from '../verify/workloads/random.ts';

/** What a case of the bench is made of. */
export interface Case {
  name: string;
  kind: ObjectKind;
  objects: number;
  /** Operations of each object, and how many at once. */
  operations: number;
  clients: number;
  /** Distinct values; 0: every value is unique. */
  values: number;
  /** Share of writes that nobody acknowledged, of which half have happened. */
  info: number;
  /** Share of reads. */
  reads: number;
  /** One read near the end shows an old state. */
  broken: boolean;
}

/** The value of each first write. */
const FIRST = 'first';

/** The operations of each object. */
export function drawn(of: Case, seed: number): Interval[][] {
  const random = seeded(seed, of.name);
  return Array.from({ length: of.objects }, (_, i) => one(of, random, of.broken && i === of.objects - 1));
}

interface Planned {
  call: number;
  point: number;
  return: number;
}

function one(of: Case, random: Random, broken: boolean): Interval[] {
  const model = MODELS[of.kind];
  let state: State = model.initial();
  const older: State[] = [];
  let next = 0;
  let damaged = !broken;
  return plan(of, random).map(({ call, return: end }, i) => {
    older.push(state);
    if (i > 0 && random.next() < of.reads) {
      const stale = !damaged && i > 0.9 * of.operations;
      const old = of.kind === 'register' ? [FIRST] : (older[Math.max(0, i - 5 * of.clients)] ?? state);
      // A state that is old, and shows it: a shorter list, or the value that was written first and never again.
      const differs = model.key(old) !== model.key(state);
      if (stale && differs) damaged = true;
      return { call, return: end, deed: { action: 'read', saw: stale && differs ? old : state } };
    }
    const value = i === 0 ? FIRST : of.values === 0 ? `v${next++}` : `v${random.below(of.values)}`;
    const deed: Deed = { action: of.kind === 'register' ? 'set' : 'add', value };
    const info = i > 0 && random.next() < of.info;
    if (!info || random.next() < 0.5) state = model.step(state, deed) ?? state;
    return { call, return: info ? Number.POSITIVE_INFINITY : end, deed };
  });
}

/** When operations are called, take effect and return, in the order of their effects. */
function plan({ operations, clients }: Case, random: Random): Planned[] {
  const free = Array.from({ length: clients }, () => random.below(1000));
  const planned = Array.from({ length: operations }, (_, i) => {
    const client = i % clients;
    const call = (free[client] as number) + 1 + random.below(100);
    const end = call + 2 + random.below(2000);
    free[client] = end;
    return { call, point: call + random.next() * (end - call), return: end };
  });
  return planned.sort((a, b) => a.point - b.point);
}
