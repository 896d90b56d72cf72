/** Generates random histories for the benchmarks, valid and broken: concurrent clients read and write objects. */
import type { Action, ObjectKind } from '../verify/core/history/history.ts';
import { keyOf, MODELS, type ObjectOperation, type State } from '../verify/core/objects/models.ts';
import type { Interval } from '../verify/core/search/decision.ts';
import { type Random, seeded } from '../verify/random.ts';
import type { History } from './porcupine.ts';

export interface Shape {
  kind: ObjectKind;
  objects: number;
  /** Number of operations on each object, by all clients together. */
  operations: number;
  clients: number;
  /** Number of distinct values that clients write. 0: each write has its own value. */
  values: number;
  /** Actions such as `add` or `clear`. Each write is one of these, chosen at random. */
  writes: readonly Action[];
  /** Share of reads among the operations. */
  reads: number;
  /** Share of the writes without a response. Half of these writes take effect. */
  info: number;
  /** Number of wrong reads of the last object. 0: the history is valid. */
  broken: number;
}

const WRITES: Record<ObjectKind, readonly (readonly Action[])[]> = {
  register: [['set'], ['set', 'cas', 'cas'], ['set', 'set', 'cas', 'clear']],
  counter: [['increment'], ['increment', 'increment', 'increment', 'set', 'clear']],
  set: [['add'], ['add', 'add', 'remove'], ['add', 'add', 'add', 'remove', 'clear', 'set']],
  list: [['add'], ['add', 'add', 'add', 'add', 'set'], ['add', 'add', 'add', 'remove', 'clear', 'set']],
  bag: [['add'], ['add', 'add', 'remove'], ['add', 'add', 'add', 'remove', 'clear', 'set']],
};

export const KINDS = Object.keys(WRITES) as ObjectKind[];

/** Generates a history of random kind and size, valid or broken. */
export function anyHistory(seed: number): History {
  const random = seeded(seed, 'any');
  const among = <T>(choices: readonly T[]): T => choices[random.below(choices.length)] as T;
  const kind = among(KINDS);
  const shape: Shape = {
    kind,
    objects: among([1, 1, 2, 5]),
    operations: 10 + random.below(among([20, 60, 200])),
    clients: 1 + random.below(among([4, 8, 20])),
    values: among([0, 2, 3, 5, 20]),
    writes: among(WRITES[kind]),
    reads: among([0.2, 0.5, 0.8]),
    info: among([0, 0, 0.02, 0.1]),
    broken: among([0, 0, 1, 3]),
  };
  const { objects, operations, clients, values } = shape;
  const name = `seed ${seed}: ${objects} ${kind}, ${operations} operations, ${clients} clients, ${values} values, ${shape.writes}`;
  return { name, kind, initial: [], objects: drawn(shape, random) };
}

/** Returns one list of random operations for each object. */
export function drawn(shape: Shape, random: Random): Interval[][] {
  return Array.from({ length: shape.objects }, (_, i) => {
    const operations = one(shape, random);
    if (i === shape.objects - 1) for (let n = 0; n < shape.broken; n++) damage(shape, operations, random);
    return operations;
  });
}

interface Planned {
  call: number;
  point: number;
  return: number;
}

function one(shape: Shape, random: Random): Interval[] {
  const model = MODELS[shape.kind];
  let state: State = model.initial();
  let next = 0;
  const value = (): string =>
    shape.kind === 'counter'
      ? String(1 + random.below(shape.values || 3))
      : shape.values === 0
        ? `v${next++}`
        : `v${random.below(shape.values)}`;
  return plan(shape, random).map(({ call, return: end }) => {
    if (random.next() < shape.reads) return { call, return: end, operation: { action: 'read', saw: state } };
    const operation = writing(shape, state, value, random);
    const info = random.next() < shape.info;
    const after = model.step(state, operation);
    // A compare-and-set (`cas`) that finds a different value changes nothing, so it counts as a read.
    if (after === undefined && !info) return { call, return: end, operation: { action: 'read', saw: state } };
    if (after !== undefined && (!info || random.next() < 0.5)) state = after;
    return { call, return: info ? Number.POSITIVE_INFINITY : end, operation };
  });
}

function writing(shape: Shape, state: State, value: () => string, random: Random): ObjectOperation {
  const action = shape.writes[random.below(shape.writes.length)] as Action;
  if (action === 'clear') return { action };
  const collection = shape.kind !== 'register' && shape.kind !== 'counter';
  if (action === 'set' && collection)
    return { action, state: Array.from({ length: random.below(3) }, value) };
  if (action === 'remove' && state.length > 0 && random.next() < 0.8)
    return { action, value: state[random.below(state.length)] as string };
  if (action === 'cas') {
    const expected = random.next() < 0.8 ? (state[0] ?? value()) : value();
    return { action, expected, value: value() };
  }
  return { action, value: value() };
}

/** Returns operations with their times of call, effect and return, sorted by the time of effect. */
function plan({ operations, clients }: Shape, random: Random): Planned[] {
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

const TRIES = 20;

/** Makes a history invalid: gives a late read the response of a different read. */
function damage({ kind }: Shape, operations: Interval[], random: Random): void {
  const reads = operations.filter(({ operation }) => operation.action === 'read');
  const half = reads.length >> 1;

  for (let attempt = 0; attempt < TRIES && reads.length > 0; attempt++) {
    const read = reads[half + random.below(reads.length - half)] as Interval;
    const { saw = [] } = reads[random.below(reads.length)]?.operation ?? {};
    const changed = kind === 'counter' ? [String(Number(saw[0] ?? '0') + random.below(3))] : saw;
    if (keyOf(changed) === keyOf(read.operation.saw ?? [])) continue;
    read.operation = { ...read.operation, saw: changed };
    return;
  }
}
