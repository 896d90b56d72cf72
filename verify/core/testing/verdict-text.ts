/** Writes a whole verdict as text. A test that compares this text fails on every change of the verdict. */
import type { Anomaly, Verdict, WitnessStep } from '../result/verdict.ts';

export function verdictText(verdict: Verdict): string {
  const { judgement, violations, why, finding, rests, anomalies } = verdict;
  const figures = Object.entries(rests).map(([name, figure]) => `${name} ${figure}`);
  return [
    violations === 0 ? judgement : `${judgement}, ${violations}`,
    ...(why === undefined ? [] : [`why: ${why}`]),
    ...(finding === '' ? [] : [finding]),
    `rests on ${figures.join(', ')}`,
    ...anomalies.flatMap(linesOf),
  ].join('\n');
}

export const stories = ({ anomalies }: Verdict): string => anomalies.flatMap(linesOf).join('\n');

function linesOf({ name, guarantee, session, user, summary, witness, notes }: Anomaly): string[] {
  const whose = [name, guarantee, session, user].filter(part => part !== undefined).join(' ');
  return [`${whose}: ${summary}`, ...witness.map(stepOf), ...notes.map(note => `  (${note})`)];
}

/** Writes one request of a proof with its number, counted from 1. */
function stepOf({ operation, expected, came }: WitnessStep): string {
  const { id, action, value, instance, outcome } = operation;
  const what = [
    `#${id}`,
    action,
    value,
    instance && `on ${instance}`,
    outcome === 'ok' ? undefined : outcome,
  ];
  const result = expected === undefined ? came : `expected ${expected}; came ${came}`;
  return `  ${what.filter(part => part !== undefined).join(' ')}: ${result}`;
}
