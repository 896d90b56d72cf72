/** Makes the witness of a lost update. */
import type { Start } from '../history/history.ts';
import type { LostUpdate } from '../objects/read-facts.ts';
import type { WitnessStep } from '../result/verdict.ts';
import type { Violation } from './framework.ts';

/** Makes a witness step for a change whose outcome is not known. */
const pending = (start: Start): WitnessStep => ({
  operation: { ...start, type: 'op', outcome: 'info' },
  came: 'may have happened',
});

/** Shows an acknowledged add that the final state lacks, and a request that overlapped it. */
export function clobber({ value, write, showed, read }: LostUpdate): Violation {
  const counts = read.saw?.length === 1 && write?.start.action === 'increment';
  const rival = write?.rivals.find(({ certain }) => certain) ?? write?.rivals[0];
  const shown = `[${(read.saw ?? []).join(', ')}]`;
  const steps: WitnessStep[] = [];
  if (write?.end !== undefined) steps.push({ operation: write.end, came: 'acknowledged' });
  if (rival?.certain && rival.end !== undefined) steps.push({ operation: rival.end, came: 'acknowledged' });
  else if (rival !== undefined) steps.push(pending(rival.start));
  else if (write?.beside?.type === 'op') steps.push({ operation: write.beside, came: 'overlapped it' });
  else if (write?.beside !== undefined) steps.push(pending(write.beside));
  if (showed !== undefined) steps.push({ operation: showed, came: `showed "${value}"` });
  steps.sort((a, b) => a.operation.call - b.operation.call);
  return {
    at: read,
    summary: counts
      ? `acknowledged increments that overlapped add up to ${value}, and the final state is ${read.saw?.[0] ?? '0'}`
      : 'an acknowledged add that overlapped another request is not in the final state',
    witness: [
      ...steps,
      counts
        ? { operation: read, expected: `${value} or more`, came: shown }
        : { operation: read, expected: `"${value}" in it`, came: `saw ${shown}: "${value}" is gone` },
    ],
  };
}
