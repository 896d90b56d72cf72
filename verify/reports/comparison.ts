/** Writes the comparison of two runs as text for a terminal, and as Markdown. */

import type { Compared, Comparison } from '../core/compare/compare.ts';
import type { Difference, Trend } from '../core/compare/difference.ts';
import { counted } from '../core/result/format.ts';
import type { Judgement } from '../core/result/verdict.ts';
import { inMarkdown } from './markup.ts';
import { printable } from './printable.ts';
import { type TerminalOptions, wrap } from './wrap.ts';

export const WORD: Record<Trend, string> = {
  worse: 'worse',
  better: 'better',
  untold: 'undetermined',
  same: 'same',
};
const COLOUR: Record<Trend, number> = { worse: 31, better: 32, untold: 33, same: 2 };
const VERDICT: Record<Judgement, { text: string; colour: number }> = {
  violated: { text: 'WORSE', colour: 31 },
  unknown: { text: 'UNKNOWN', colour: 33 },
  valid: { text: 'NOT WORSE', colour: 32 },
};

/** Returns the differences between two runs, worst first, and the verdict. Each line ends with a newline. */
export function comparisonText(given: Comparison, { colour, width }: TerminalOptions): string {
  const comparison = printable(given);
  const paint = (text: string, code: number): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const indent = WORD.untold.length + 2;
  const lines = whatDiffers(comparison).flatMap(({ change, abouts, said }) => {
    const head = WORD[change].padEnd(WORD.untold.length);
    const [first = '', ...rest] = wrap(`${abouts.join(', ')}: ${said}`, Math.max(30, width - indent));
    return [`${paint(head, COLOUR[change])}  ${first}`, ...rest.map(line => ' '.repeat(indent) + line)];
  });
  const { text, colour: code } = VERDICT[comparison.judgement];
  return [
    '',
    `compared with ${nameOf(comparison.base)}`,
    ...lines,
    ...sameLine(comparison)
      .flatMap(line => wrap(line, width))
      .map(line => paint(line, COLOUR.same)),
    `${paint(` ${text} `, code)} ${conclusionOf(comparison)}`,
    '',
  ].join('\n');
}

/** Returns the differences between two runs, worst first. Guarantees that differ in the same way share an entry. */
export function whatDiffers({
  differences,
}: Comparison): { change: Trend; abouts: string[]; said: string }[] {
  const groups = new Map<string, { change: Trend; abouts: string[]; said: string }>();
  for (const difference of differences) {
    const { change, about } = difference;
    if (change === 'same') continue;
    const said = sentence(difference);
    const group = groups.get(`${change} ${said}`) ?? { change, abouts: [], said };
    group.abouts.push(about);
    groups.set(`${change} ${said}`, group);
  }
  return [...groups.values()];
}

export function comparisonMarkdown(comparison: Comparison): string[] {
  const rows = whatDiffers(comparison);
  return [
    `### Compared with ${inMarkdown(nameOf(comparison.base))}`,
    `**${inMarkdown(`${VERDICT[comparison.judgement].text.toLowerCase()}: ${conclusionOf(comparison)}`)}**`,
    ...(rows.length === 0
      ? []
      : [
          [
            '| | | |',
            '|---|---|---|',
            ...rows.map(
              ({ change, abouts, said }) =>
                `| ${WORD[change]} | ${abouts.join(', ')} | ${inMarkdown(said)} |`,
            ),
          ].join('\n'),
        ]),
    ...sameLine(comparison).map(inMarkdown),
  ];
}

/** Describes a difference in one sentence, with `(not claimed)` if the target does not claim the guarantee. */
export function sentence({ said, instance, claimed }: Difference): string {
  const where =
    instance === undefined || said.includes(instance) ? '' : `; the wrong responses came from ${instance}`;
  return `${said}${where}${claimed ? '' : ' (not claimed)'}`;
}

/** Returns one line with the guarantees that did not change. Returns an empty list if all changed. */
export function sameLine({ differences }: Comparison): string[] {
  const same = differences.filter(({ change }) => change === 'same');
  return same.length === 0 ? [] : [`same  ${[...new Set(same.map(({ about }) => about))].join(', ')}`];
}

export function conclusionOf({ judgement, differences, base }: Comparison): string {
  const deciding = differences.filter(({ means }) => means === judgement && judgement !== 'valid');
  const what = deciding.map(({ about, instance }) =>
    instance === undefined ? about : `${about} (${instance})`,
  );
  const since = `since ${nameOf(base)}`;
  if (judgement === 'violated') return `${[...new Set(what)].join(', ')}, ${since}`;
  if (judgement === 'unknown') return `too little evidence for ${[...new Set(what)].join(', ')}, ${since}`;
  return `nothing claimed is worse ${since}`;
}

/** Returns the name of one side of the comparison, such as `run 20261129-020201-81427f of 4f2a91c, 2026-11-29`. */
export function nameOf({ runs, started, revision }: Compared): string {
  const day = started.slice(0, 10);
  const code = revision === undefined ? '' : ` of ${revision.slice(0, 12)}`;
  const [only = ''] = runs;
  return `${runs.length === 1 ? `run ${only}` : counted(runs.length, 'run')}${code}${day === '' ? '' : `, ${day}`}`;
}
