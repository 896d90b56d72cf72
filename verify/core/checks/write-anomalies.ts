/** Describes writes that were lost or took effect twice, with the few requests that prove it. */
import { unfinished } from '../history/actions.ts';
import type { Operation, Start } from '../history/history.ts';
import type { LostUpdate } from '../objects/read-facts.ts';
import { visibleIn } from '../objects/sift.ts';
import { inOrder, type Step } from '../result/verdict.ts';
import type { EffectLimits } from './effect-limits.ts';
import { type Violation, violation } from './framework.ts';

const SHOWN = 4;

const pending = (start: Start): Step => [unfinished(start), 'may have happened'];

export function clobber({ value, write, showed, read }: LostUpdate): Violation {
  const counts = read.saw?.length === 1 && write?.start.action === 'increment';
  const rival = write?.rivals.find(({ certain }) => certain) ?? write?.rivals[0];
  const shown = `[${visibleIn(read).join(', ')}]`;
  const steps: Step[] = [
    [write?.end, 'acknowledged'],
    [showed, `showed "${value}"`],
  ];
  if (rival?.certain && rival.end !== undefined) steps.push([rival.end, 'acknowledged']);
  else if (rival !== undefined) steps.push(pending(rival.start));
  else if (write?.overlapping?.type === 'op') steps.push([write.overlapping, 'overlapped it']);
  else if (write?.overlapping !== undefined) steps.push(pending(write.overlapping));
  return violation(
    counts
      ? `overlapping acknowledged increments add up to ${value}, but the final state is ${read.saw?.[0] ?? '0'}`
      : 'an acknowledged add that overlapped another request is not in the final state',
    ...inOrder(steps),
    counts
      ? [read, shown, `${value} or more`]
      : [read, `saw ${shown}: "${value}" is gone`, `"${value}" in it`],
  );
}

export function double(
  read: Operation,
  value: string,
  limit: number,
  { kind, adds, last: before }: EffectLimits,
): Violation {
  const counter = kind === 'counter';
  const of = adds.filter(add => counter || add.value === value).slice(-SHOWN);
  const steps = of.map((add): Step => (add.type === 'op' ? [add, 'acknowledged'] : pending(add)));
  const shown = before !== undefined && (counter || of.length < limit) ? before : undefined;
  const times = read.saw?.filter(one => one === value).length;
  const [came, most] = counter
    ? [String(read.saw?.[0]), `${limit} at most`]
    : [`"${value}" ${times} times`, `"${value}" ${limit === 1 ? 'once' : `${limit} times`} at most`];
  return violation(
    counter
      ? 'the counter is higher than all increments together: one took effect twice'
      : 'a value is there more often than it was added: an add took effect twice',
    [shown, `saw [${(shown === undefined ? [] : visibleIn(shown)).join(', ')}]`],
    ...steps,
    [read, came, most],
  );
}
