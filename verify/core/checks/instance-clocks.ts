/** Compares the clocks of the instances by the Date headers of their responses. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { inOrder } from '../result/verdict.ts';
import type { Violation } from './framework.ts';

const TOLERANCE = 2_000_000;
const RESOLUTION = 1_000_000;

/** How far an instance's clock is ahead, µs: its two best lower bounds (`least`) and upper bounds (`most`). */
interface Offset {
  least: [number, number];
  most: [number, number];
  example: Operation;
}

export class InstanceClocks {
  readonly #offsets = new Map<string, Offset>();

  /** @param skew the Date header, in whole seconds, minus Baton's clock at the return, microseconds */
  add(operation: Operation, skew: number): void {
    const { instance, call, return: end, caching } = operation;
    if (instance === undefined || end === undefined || caching?.hit === true) return;
    const most = skew + RESOLUTION + (end - call);
    const known = getOrInsert<string, Offset>(this.#offsets, instance, () => ({
      least: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      most: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      example: operation,
    }));
    if (skew > known.least[0]) known.least = [skew, known.least[0]];
    else if (skew > known.least[1]) known.least[1] = skew;
    if (most < known.most[0]) known.most = [most, known.most[0]];
    else if (most < known.most[1]) known.most[1] = most;
  }

  differences(): Violation[] {
    const clocks = [...this.#offsets];
    return clocks.flatMap(([instance, { least, example }]) => {
      const behind = clocks
        .map(([other, { most, example: theirs }]) => ({ other, theirs, by: least[1] - most[1] }))
        .filter(({ other, by }) => other !== instance && by > TOLERANCE)
        .sort((a, b) => b.by - a.by)[0];
      if (behind === undefined) return [];
      const by = `${(behind.by / 1e6).toFixed(1)} s`;
      const witness = inOrder([
        [behind.theirs, `Date ${seconds(behind.theirs.skew)} off our clock`],
        [example, `Date ${seconds(example.skew)} off our clock`, 'the same time, within 2 s'],
      ]);
      const summary = `the clock of ${instance} is at least ${by} ahead of that of ${behind.other}`;
      return [{ summary, witness, at: undefined }];
    });
  }
}

const seconds = (skew = 0): string => `${(skew / 1e6).toFixed(1)} s`;
