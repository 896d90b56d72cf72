/** Lists all reports of `--report FORMAT=FILE`. */
import { CHECKS } from '../core/checks/index.ts';
import { annotations } from './annotations.ts';
import { codeQuality } from './code-quality.ts';
import { ctrf } from './ctrf.ts';
import { EXPLANATIONS } from './explain/index.ts';
import { html } from './html.ts';
import type { Explain } from './html-guarantees.ts';
import { junit } from './junit.ts';
import { comment, stepSummary } from './markdown.ts';
import type { Report } from './report.ts';
import { sarif } from './sarif.ts';

const explain: Explain = guarantee => {
  const explanation = EXPLANATIONS.find(one => one.guarantee === guarantee);
  const check = CHECKS.find(one => one.guarantee === guarantee);
  return explanation === undefined || check === undefined ? undefined : { explanation, check };
};

export const REPORTS: Readonly<Record<string, { report: Report; about: string }>> = {
  junit: { report: junit, about: 'JUnit XML: Jenkins, GitLab, Azure, CircleCI …' },
  ctrf: { report: ctrf, about: 'Common Test Report Format, JSON' },
  sarif: { report: sarif, about: 'SARIF 2.1.0: code scanning of GitHub' },
  codequality: { report: codeQuality, about: 'code quality report of GitLab' },
  annotations: {
    report: annotations,
    about: 'workflow commands of GitHub Actions, which must be printed: FILE is -',
  },
  summary: { report: stepSummary, about: 'Markdown for $GITHUB_STEP_SUMMARY' },
  comment: { report: comment, about: 'Markdown for a comment on a pull or merge request' },
  html: {
    report: html(explain),
    about: 'one page: verdict, proofs, timeline and plots; loads no other file',
  },
  json: { report: ({ result }) => `${JSON.stringify(result, null, 2)}\n`, about: 'the whole result' },
};
