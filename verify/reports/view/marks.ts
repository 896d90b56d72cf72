/** Finds the request that broke a guarantee, for the timeline and the header of the HTML report. */
import { brokenStep } from '../../core/compare/digest.ts';
import type { Result } from '../../core/result/result.ts';
import type { Anomaly, Verdict } from '../../core/result/verdict.ts';
import { printable } from '../printable.ts';
import { shownOf, storyOf } from '../report.ts';
import type { AnomalyMark } from './chunk.ts';

/** Returns the id for an anomaly. Anomalies of the same kind share an id, because the page shows only one of them. */
function articleOf(verdict: Verdict, anomaly: Anomaly): string {
  const shown = shownOf(verdict);
  const at = shown.findIndex(one => one === anomaly || storyOf(one) === storyOf(anomaly));
  return `${verdict.guarantee}-${Math.max(0, at) + 1}`;
}

/** Returns a mark in the timeline for each anomaly that has a proof. */
export const marksOf = ({ guarantees }: Result): AnomalyMark[] =>
  guarantees.flatMap(verdict =>
    verdict.anomalies.flatMap(anomaly => markOf(anomaly, articleOf(verdict, anomaly), verdict.claimed)),
  );

/** Returns the marks for a page of a run in progress. They have no links, because the page shows no proofs. */
export const liveMarks = (anomalies: readonly Anomaly[], claims: readonly string[]): AnomalyMark[] =>
  anomalies.flatMap(anomaly => markOf(printable(anomaly), 'live', claims.includes(anomaly.guarantee)));

function markOf(anomaly: Anomaly, id: string, claimed: boolean): AnomalyMark[] {
  const { witness, name, guarantee, summary } = anomaly;
  const step = brokenStep(witness);
  if (step === undefined) return [];
  const { operation } = step;
  const ends = witness.map(one => one.operation.return ?? one.operation.call);
  return [
    {
      id,
      name,
      guarantee,
      claimed,
      summary,
      at: operation.call,
      from: Math.min(...witness.map(one => one.operation.call)),
      until: Math.max(...ends),
      session: operation.session,
      sessions: [...new Set(witness.map(one => one.operation.session))],
      request: operation.request,
      expected: step.expected ?? '',
      came: step.came,
    },
  ];
}

export interface Headline {
  verdict: Verdict;
  anomaly: Anomaly | undefined;
  /**
   * Instances that sent wrong responses, each with the number of anomalies that show such a response. Highest number
   * first.
   */
  where: [instance: string, proofs: number][];
  /** Time of the first wrong response, microseconds from the start of the run. */
  since: number | undefined;
}

/**
 * Searches the proofs of a verdict for the instances that sent wrong responses, and for the time of the first wrong
 * response.
 */
export function headlineOf(verdict: Verdict): Headline {
  const proofs = verdict.anomalies.flatMap(anomaly => {
    const step = brokenStep(anomaly.witness);
    return step === undefined ? [] : [{ anomaly, operation: step.operation }];
  });
  const [first] = proofs.toSorted((a, b) => a.operation.call - b.operation.call);
  const counts = new Map<string, number>();
  for (const { operation } of proofs)
    if (operation.instance !== undefined)
      counts.set(operation.instance, (counts.get(operation.instance) ?? 0) + 1);
  return {
    verdict,
    anomaly: first?.anomaly ?? verdict.anomalies[0],
    where: [...counts].sort(([, a], [, b]) => b - a),
    since: first?.operation.call,
  };
}
