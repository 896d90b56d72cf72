/** Makes the witness (the proof) of an operation that took effect twice. */
import type { Operation } from '../history/history.ts';
import { visibleIn } from '../objects/sift.ts';
import { stepsOf, type WitnessStep } from '../result/verdict.ts';
import { pending } from './clobber.ts';
import type { EffectLimits } from './effect-limits.ts';
import type { Violation } from './framework.ts';

const SHOWN = 4;

export function double(
  read: Operation,
  value: string,
  limit: number,
  { kind, adds, last: before }: EffectLimits,
): Violation {
  const counter = kind === 'counter';
  const of = adds.filter(add => counter || add.value === value).slice(-SHOWN);
  const steps: WitnessStep[] = of.map(add =>
    add.type === 'op' ? { operation: add, came: 'acknowledged' } : pending(add),
  );
  const shown = before !== undefined && (counter || of.length < limit) ? before : undefined;
  const times = read.saw?.filter(one => one === value).length;
  const [came, most] = counter
    ? [String(read.saw?.[0]), `${limit} at most`]
    : [`"${value}" ${times} times`, `"${value}" ${limit === 1 ? 'once' : `${limit} times`} at most`];
  return {
    at: read,
    summary: counter
      ? 'the counter is higher than all increments together: one took effect twice'
      : 'a value is there more often than it was added: an add took effect twice',
    witness: [
      ...stepsOf([shown, `saw [${(shown === undefined ? [] : visibleIn(shown)).join(', ')}]`]),
      ...steps,
      ...stepsOf([read, came, most]),
    ],
  };
}
