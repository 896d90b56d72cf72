/** Defines a row of the tables in docs/fleet.md: one behaviour of a load balancer, as documented and as measured. */
import type { ProfileName } from '../../stack/fleet/profile.ts';

export interface Row {
  profile: ProfileName;
  what: string;
  documented: string;
  measured: string;
  /** True if measurement and documentation agree; undefined if the behaviour could not be measured. */
  agrees: boolean | undefined;
  /** Known reason for a difference from the documentation. */
  known?: string;
}

/**
 * Result of a row. `known`: differs for a known reason. `differs`: differs without a known reason. `unknown`: could
 * not be measured.
 */
export type RowOutcome = 'agrees' | 'known' | 'differs' | 'unknown';

export function outcomeOf({ agrees, known }: Row): RowOutcome {
  if (agrees === undefined) return 'unknown';
  if (agrees) return 'agrees';
  return known === undefined ? 'differs' : 'known';
}

const MARKS: Record<RowOutcome, string> = { agrees: '✓', known: '≠', differs: '✗', unknown: '?' };
const WORDS: Record<RowOutcome, string> = {
  agrees: 'agree',
  known: 'differ as documented',
  differs: 'differ',
  unknown: 'could not be measured',
};

/** Returns the number of rows for each outcome, as text: `31 agree, 6 differ as documented`. */
export function counts(rows: readonly Row[]): string {
  const outcomes = rows.map(outcomeOf);
  return (Object.keys(WORDS) as RowOutcome[])
    .map(outcome => ({ outcome, count: outcomes.filter(one => one === outcome).length }))
    .filter(({ outcome, count }) => count > 0 || outcome === 'agrees')
    .map(({ outcome, count }) => `${count} ${WORDS[outcome]}`)
    .join(', ');
}

/** Returns one table for each imitated load balancer, as text for a terminal. */
export function conformanceText(rows: readonly Row[]): string {
  const widest = (of: (row: Row) => string): number => Math.max(...rows.map(row => of(row).length));
  const what = widest(row => row.what);
  const documented = widest(row => row.documented);
  return byProfile(rows)
    .map(([profile, all]) => {
      const lines = all.map(row => {
        const line = `${MARKS[outcomeOf(row)]} ${row.what.padEnd(what)}  ${row.documented.padEnd(documented)}  ${row.measured}`;
        return outcomeOf(row) === 'known' ? `${line}\n    ${row.known}` : line;
      });
      return `${profile}\n${lines.map(line => `  ${line}\n`).join('')}`;
    })
    .join('\n');
}

/** Returns the tables of all imitated load balancers as lines of Markdown. */
export function conformanceMarkdown(rows: readonly Row[]): string[] {
  return byProfile(rows).flatMap(([profile, all]) => [
    ...['', `| | \`${profile}\` | documented | measured |`, '|---|---|---|---|'],
    ...all.map(row => {
      const why = outcomeOf(row) === 'known' ? `; ${row.known}` : '';
      return `| ${MARKS[outcomeOf(row)]} | ${row.what} | ${row.documented} | ${row.measured}${why} |`;
    }),
  ]);
}

const byProfile = (rows: readonly Row[]): [string, Row[]][] => [
  ...Map.groupBy(rows, ({ profile }) => profile as string),
];
