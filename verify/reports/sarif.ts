/** Writes a report in SARIF 2.1.0 for GitHub's code scanning, with one result for each kind of anomaly. */
import type { Verdict } from '../core/result/verdict.ts';
import { fenced } from './markup.ts';
import {
  epoch,
  findingOf,
  fingerprint,
  lineOf,
  proofLines,
  type Report,
  type Source,
  safely,
  shownOf,
  storyOf,
  titleOf,
  worstFirst,
} from './report.ts';
import { ruleId, ruleOf, taxonomies } from './sarif-rules.ts';

export const sarif: Report = safely(({ result, source }) => {
  const guarantees = result.guarantees.map(verdict => verdict.guarantee);
  const results = worstFirst(result.guarantees).flatMap(verdict =>
    findingsOf(verdict).map(({ message, story, kind }) => ({
      ruleId: ruleId(verdict.guarantee),
      ruleIndex: guarantees.indexOf(verdict.guarantee),
      kind,
      level: levelOf(verdict, kind),
      message,
      locations: [locationOf(source, verdict)],
      partialFingerprints: { 'batonStory/v1': fingerprint(`${verdict.guarantee} ${story}`) },
      properties: { claimed: verdict.claimed, violations: verdict.violations },
    })),
  );
  const began = epoch(result.started) === 0 ? {} : { startTimeUtc: result.started };
  const run = {
    tool: { driver: { name: 'Baton', rules: guarantees.map(ruleOf) } },
    taxonomies: taxonomies(guarantees),
    automationDetails: { id: `baton/${result.target.replaceAll('/', '-')}/` },
    invocations: [
      { executionSuccessful: result.finished === 'complete', commandLine: result.command, ...began },
    ],
    results,
    ...(result.faults === undefined ? {} : { properties: { faults: result.faults } }),
    columnKind: 'utf16CodeUnits',
  };
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] }, null, 2)}\n`;
});

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

interface Finding {
  message: { text: string; markdown?: string };
  story: string;
  kind: 'fail' | 'open';
}

function findingsOf(verdict: Verdict): Finding[] {
  const { guarantee, claimed, judgement, violations } = verdict;
  if (judgement === 'unknown' && claimed) {
    const text = `${guarantee} could not be judged: ${findingOf(verdict)}`;
    return [{ message: { text }, story: 'unknown', kind: 'open' }];
  }
  if (judgement !== 'violated') return [];
  const shown = shownOf(verdict).map((anomaly): Finding => {
    const text = `${anomaly.summary} (${titleOf(anomaly)}; ${violations} in this run)`;
    // Uses a code block, in which SARIF viewers do not interpret the proof as Markdown.
    const markdown = fenced([text, ...proofLines(anomaly)]);
    return { message: { text: plain(text), markdown }, story: storyOf(anomaly), kind: 'fail' };
  });
  return shown.length > 0
    ? shown
    : [{ message: { text: plain(findingOf(verdict)) }, story: 'violated', kind: 'fail' }];
}

/** Escapes a text, because in SARIF messages `[…](…)` is a link and braces are placeholders. */
const plain = (text: string): string =>
  text
    .replace(/[[\]\\]/g, '\\$&')
    .replaceAll('{', '{{')
    .replaceAll('}', '}}');

function levelOf({ claimed }: Verdict, kind: Finding['kind']): 'error' | 'note' | 'none' {
  if (kind === 'open') return 'none';
  return claimed ? 'error' : 'note';
}

const locationOf = (source: Source, { guarantee }: Verdict): object => ({
  physicalLocation: {
    artifactLocation: {
      uri: source.path.split('/').map(encodeURIComponent).join('/'),
      uriBaseId: '%SRCROOT%',
    },
    region: { startLine: lineOf(source, guarantee) },
  },
});
