/** Describes a lost update, and collects its witness: the few requests that prove it. */
import type { Start } from '../history/history.ts';
import type { LostUpdate } from '../objects/read-facts.ts';
import { visibleIn } from '../objects/sift.ts';
import { inOrder, stepsOf, type WitnessStep } from '../result/verdict.ts';
import type { Violation } from './framework.ts';

export const pending = (start: Start): WitnessStep => ({
  operation: { ...start, type: 'op', outcome: 'info' },
  came: 'may have happened',
});

export function clobber({ value, write, showed, read }: LostUpdate): Violation {
  const counts = read.saw?.length === 1 && write?.start.action === 'increment';
  const rival = write?.rivals.find(({ certain }) => certain) ?? write?.rivals[0];
  const shown = `[${visibleIn(read).join(', ')}]`;
  const steps = stepsOf([write?.end, 'acknowledged']);
  if (rival?.certain && rival.end !== undefined) steps.push({ operation: rival.end, came: 'acknowledged' });
  else if (rival !== undefined) steps.push(pending(rival.start));
  else if (write?.overlapping?.type === 'op')
    steps.push({ operation: write.overlapping, came: 'overlapped it' });
  else if (write?.overlapping !== undefined) steps.push(pending(write.overlapping));
  steps.push(...stepsOf([showed, `showed "${value}"`]));
  return {
    at: read,
    summary: counts
      ? `overlapping acknowledged increments add up to ${value}, but the final state is ${read.saw?.[0] ?? '0'}`
      : 'an acknowledged add that overlapped another request is not in the final state',
    witness: [
      ...inOrder(steps),
      counts
        ? { operation: read, expected: `${value} or more`, came: shown }
        : { operation: read, expected: `"${value}" in it`, came: `saw ${shown}: "${value}" is gone` },
    ],
  };
}
