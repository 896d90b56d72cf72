/** All that a verdict says, as text: a test that holds it to the word notices whatever changes in it. */
import type { Anomaly, Verdict, WitnessStep } from '../verdict.ts';

export function told(verdict: Verdict): string {
  const { judgement, violations, why, finding, rests, anomalies } = verdict;
  const figures = Object.entries(rests).map(([name, figure]) => `${name} ${figure}`);
  return [
    violations === 0 ? judgement : `${judgement}, ${violations}`,
    ...(why === undefined ? [] : [`why: ${why}`]),
    ...(finding === '' ? [] : [finding]),
    `rests on ${figures.join(', ')}`,
    ...anomalies.flatMap(toldOf),
  ].join('\n');
}

/** The anomalies of a verdict alone. */
export const stories = ({ anomalies }: Verdict): string => anomalies.flatMap(toldOf).join('\n');

function toldOf({ name, guarantee, session, user, summary, witness, notes }: Anomaly): string[] {
  const whose = [name, guarantee, session, user].filter(part => part !== undefined).join(' ');
  return [`${whose}: ${summary}`, ...witness.map(stepOf), ...notes.map(note => `  (${note})`)];
}

/** The id stands for the request: pictures number theirs from 1. */
function stepOf({ operation, expected, came }: WitnessStep): string {
  const { id, action, value, instance, outcome } = operation;
  const what = [
    `#${id}`,
    action,
    value,
    instance && `on ${instance}`,
    outcome === 'ok' ? undefined : outcome,
  ];
  const told = expected === undefined ? came : `expected ${expected}; came ${came}`;
  return `  ${what.filter(part => part !== undefined).join(' ')}: ${told}`;
}
