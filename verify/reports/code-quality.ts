/** Writes a result as a code quality report of GitLab. */
import type { Verdict } from '../core/result/verdict.ts';
import {
  findingOf,
  fingerprint,
  lineOf,
  type Report,
  safely,
  shownOf,
  storyOf,
  worstFirst,
} from './report.ts';

export const codeQuality: Report = safely(({ result, source }) => {
  const issues = worstFirst(result.guarantees).flatMap(verdict =>
    findingsOf(verdict).map(({ name, text, story }) => ({
      type: 'issue',
      check_name: `baton/${verdict.guarantee}`,
      description: `${name}: ${text}`,
      categories: ['Bug Risk'],
      severity: severityOf(verdict),
      fingerprint: fingerprint(`${verdict.guarantee} ${story}`),
      location: { path: source.path, lines: { begin: lineOf(source, verdict.guarantee) } },
    })),
  );
  return `${JSON.stringify(issues, null, 2)}\n`;
});

/** Returns one issue for each anomaly. For a claimed guarantee that is undetermined, returns a single issue. */
function findingsOf(verdict: Verdict): { name: string; text: string; story: string }[] {
  const { guarantee, claimed, judgement, violations } = verdict;
  if (judgement === 'unknown' && claimed) {
    return [{ name: 'unknown', text: `${guarantee}: ${findingOf(verdict)}`, story: 'unknown' }];
  }
  if (judgement !== 'violated') return [];
  const shown = shownOf(verdict).map(anomaly => ({
    name: anomaly.name,
    text: `${anomaly.summary} (${violations} times in this run; ${guarantee})`,
    story: storyOf(anomaly),
  }));
  return shown.length > 0 ? shown : [{ name: guarantee, text: findingOf(verdict), story: 'violated' }];
}

function severityOf({ claimed, judgement }: Verdict): 'blocker' | 'major' | 'minor' {
  if (!claimed) return 'minor';
  return judgement === 'violated' ? 'blocker' : 'major';
}
