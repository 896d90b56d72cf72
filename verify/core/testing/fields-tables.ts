import { DECLARED } from '../history/declared.ts';
import { CALLED, RETURNED } from '../history/fields.ts';
import type { Field, Fields, Kind } from '../history/kinds.ts';
import { LINES, type Line } from '../history/lines.ts';

/** Returns the rows of each table. Key: the name in the markers around the table in docs/history.md. */
export const fieldsTables = (): Record<string, string[]> => ({
  lines: ['| line | when it is written | fields |', '|---|---|---|', ...Object.entries(LINES).map(lineRow)],
  asked: rows(CALLED),
  came: rows(RETURNED),
  declared: rows(DECLARED),
});

function lineRow([type, { when, more, fields }]: [string, Line]): string {
  const below: Record<string, string> = {
    start: 'the fields of the request (below)',
    end: '`id` of its start, and the fields of the response (below)',
    op: 'the fields of `start` and `end` together',
  };
  return `| \`${type}\` | ${when} | ${below[type] ?? named(fields)}${more === '' ? '' : `. ${more}`} |`;
}

const rows = (fields: Fields): string[] => [
  '| field | holds | meaning |',
  '|---|---|---|',
  ...Object.entries(fields).map(([name, field]) => `| \`${name}\` | ${holds(field)} | ${meaning(field)} |`),
];

const holds = ({ kind, must }: Field): string => `${nameOf(kind)}${must ? '' : ', or absent'}`;

function nameOf(kind: Kind): string {
  if (typeof kind === 'string') return NAMES[kind] as string;
  if ('list' in kind) return LISTS[nameOf(kind.list)] as string;
  if ('named' in kind) return 'values by name';
  return 'fields' in kind ? 'an object' : 'one of these';
}

const NAMES: Record<string, string> = {
  text: 'a text',
  flag: 'true or false',
  count: 'a whole number',
  number: 'a number',
  time: 'whole µs',
};

const LISTS: Record<string, string> = {
  'a text': 'a list of texts',
  'an object': 'a list of objects',
  'one of these': 'a list of these',
};

function meaning({ kind, means }: Field): string {
  const inner = means === BELOW ? undefined : innerOf(kind);
  return inner === undefined ? means : `${means}: ${named(inner)}`;
}

/** Stands for the meaning of a field whose own table comes further down on the page. */
const BELOW = 'below';

function innerOf(kind: Kind): Fields | undefined {
  if (typeof kind !== 'object') return undefined;
  if ('fields' in kind) return kind.fields;
  return 'list' in kind ? innerOf(kind.list) : undefined;
}

const named = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, field]) => {
      const text = meaning(field);
      return text === '' ? `\`${name}\`` : `\`${name}\` (${text})`;
    })
    .join(', ');
