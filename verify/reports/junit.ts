/**
 * Writes a result as JUnit XML, with a test case for each guarantee. A violated claim is a failure; a claim without
 * enough evidence is an error; a guarantee that is not claimed is skipped.
 */
import { type Result, unhealed } from '../core/result/result.ts';
import type { Verdict } from '../core/result/verdict.ts';
import { faultLines } from './faults.ts';
import { escaped } from './markup.ts';
import {
  conclusion,
  epoch,
  failingDifferences,
  findingOf,
  type Report,
  type ReportInput,
  safely,
  storyLines,
  unfinished,
  worstFirst,
} from './report.ts';

interface Case {
  name: string;
  as: 'passed' | 'failure' | 'error' | 'skipped';
  type: string;
  message: string;
  lines: readonly string[];
}

export const junit: Report = safely(all => {
  const { result } = all;
  const output = [`${result.judgement}: ${conclusion(result)}`, '', ...faultLines(result)];
  const cases = [
    ...casesOfRun(result),
    ...casesOfComparison(all),
    ...worstFirst(result.guarantees).map(verdict => caseOf(verdict, result)),
  ];
  const of = (as: Case['as']): number => cases.filter(one => one.as === as).length;
  const seconds = (result.tally.duration / 1e6).toFixed(3);
  // Omits the time zone and fractions of a second, because some JUnit parsers reject them.
  const time = isoSeconds(result.started);
  const properties = { run: result.run, seed: `${result.seed}`, url: result.url, command: result.command };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${token(`baton ${result.target}`)}" package="baton" id="0" hostname="localhost" ` +
      `timestamp="${time}" tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" ` +
      `skipped="${of('skipped')}" time="${seconds}">`,
    '    <properties>',
    ...Object.entries(properties).map(
      ([name, value]) => `      <property name="${name}" value="${escaped(value)}"/>`,
    ),
    '    </properties>',
    ...cases.flatMap(testCase),
    `    <system-out>${escaped(output.join('\n'))}</system-out>`,
    '    <system-err></system-err>',
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
});

function casesOfRun(result: Result): Case[] {
  const cut = unfinished(result);
  const nothing = result.guarantees.some(verdict => verdict.claimed) ? undefined : 'nothing is claimed';
  return [cut, nothing, ...unhealed(result)]
    .filter(message => message !== undefined)
    .map(message => ({ name: 'run', as: 'error', type: 'unknown', message, lines: [message] }));
}

const casesOfComparison = (input: ReportInput): Case[] =>
  failingDifferences(input).map(({ about, means, lines }) => ({
    name: `baseline: ${about}`,
    as: means === 'violated' ? 'failure' : 'error',
    type: means,
    message: lines.join('; '),
    lines,
  }));

function caseOf(verdict: Verdict, result: Result): Case {
  const { guarantee: name, claimed, judgement: type } = verdict;
  const as = { valid: 'passed', violated: 'failure', unknown: 'error' } as const;
  const message = claimed ? findingOf(verdict) : `not claimed, measured: ${type}, ${findingOf(verdict)}`;
  return { name, as: claimed ? as[type] : 'skipped', type, message, lines: storyLines(verdict, result) };
}

function testCase({ name, as, type, message, lines }: Case): string[] {
  const open = `    <testcase name="${escaped(name)}" classname="baton" time="0"`;
  if (as === 'passed') return [`${open}/>`];
  const inside = as === 'skipped' ? '' : escaped(lines.join('\n'));
  // Omits the type of a skipped test case, because Ant's JUnit schema, the strictest one, forbids it.
  const kind = as === 'skipped' ? '' : ` type="${type}"`;
  return [
    `${open}>`,
    `      <${as}${kind} message="${escaped(message)}">${inside}</${as}>`,
    '    </testcase>',
  ];
}

/** Removes outer and repeated spaces, because XML parsers drop them in tokens. */
const token = (text: string): string => escaped(text.replace(/ +/g, ' ').trim());

const isoSeconds = (time: string): string => (epoch(time) === 0 ? '1970-01-01T00:00:00' : time.slice(0, 19));
