import { DEFECTS } from './defects.ts';
import type { TrialRecord } from './trial.ts';

const percent = (count: number, of: number): string =>
  of === 0 ? '–' : `${Math.round((100 * count) / of)} %`;

/** Groups the trials by key. The largest group is first. */
function groupsOf(
  all: readonly TrialRecord[],
  keyOf: (one: TrialRecord) => string,
): [string, TrialRecord[]][] {
  const groups = new Map<string, TrialRecord[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}

const found = ({ violated }: TrialRecord): boolean => violated.length > 0;

function rateOf(one: TrialRecord): string {
  if (one.every <= 10) return '1 in 10 or more';
  return one.every <= 100 ? '1 in 100 to 1 in 10' : '1 in 1000 to 1 in 100';
}

function table(
  head: string,
  noticeable: readonly TrialRecord[],
  keyOf: (one: TrialRecord) => string,
): string[] {
  return [
    `| ${head} | noticeable | found | share |`,
    '|---|---|---|---|',
    ...groupsOf(noticeable, keyOf).map(([key, group]) => {
      const count = group.filter(found).length;
      return `| ${key} | ${group.length} | ${count} | ${percent(count, group.length)} |`;
    }),
  ];
}

/** Returns Markdown tables: totals, shares by guarantee, condition and rate, and the missed defects. */
export function report(all: readonly TrialRecord[]): string[] {
  const defects = all.filter(({ kind }) => kind === 'defect');
  const healthy = all.filter(({ kind }) => kind === 'healthy');
  const noticeable = defects.filter(one => one.noticeable);
  const missed = noticeable.filter(one => !found(one));
  const accused = healthy.filter(found);
  const hidden = defects.length - noticeable.length;
  const breaks = (one: TrialRecord): string => `\`${DEFECTS[one.act]?.breaks}\``;
  return [
    `${defects.length} defects: ${hidden} (${percent(hidden, defects.length)}) could not be noticed; of the other ` +
      `${noticeable.length}, ${noticeable.length - missed.length} ` +
      `(${percent(noticeable.length - missed.length, noticeable.length)}) were found. ` +
      `${healthy.length} healthy variants: ${accused.length} accused.`,
    '',
    ...table('guarantee that the defect breaks first', noticeable, breaks),
    '',
    ...table('condition', noticeable, one => one.when),
    '',
    ...table('rate', noticeable, rateOf),
    ...listed('Missed', missed, ({ harms }) => `${harms} wrong effects in the run`),
    ...listed('Accused', accused, ({ violated }) => violated.join(', ')),
  ];
}

const listed = (
  title: string,
  all: readonly TrialRecord[],
  detail: (one: TrialRecord) => string,
): string[] =>
  all.length === 0
    ? []
    : ['', `${title}:`, '', ...all.map(one => `- ${one.kind} ${one.seed}: ${one.draw} (${detail(one)})`)];
