/**
 * Generates lines.ts from the tables of fields. Code that names each field is several times as fast as a loop over
 * names.
 */
import { CALLED, type Field, type Fields, type Kind, RETURNED } from '../history/fields.ts';

/** Sets of values, by their names in the generated module. */
type Sets = Map<string, readonly (string | number)[]>;

export function linesModule(): string {
  const sets: Sets = new Map();
  const called = checks(CALLED, sets);
  const returned = checks(RETURNED, sets);
  const constants = [...sets].map(([name, values]) => {
    const onOne = `const ${name} = new Set<unknown>([${values.map(quoted).join(', ')}]);\n`;
    if (onOne.length <= WIDTH) return onOne;
    return `const ${name} = new Set<unknown>([\n${values.map(value => `  ${quoted(value)},\n`).join('')}]);\n`;
  });
  return `${HEAD}${constants.join('')}
/** Returns true if the line is valid; false if the table must decide. */
export function isPlain(line: Line): boolean {
  switch (line['type']) {
    case 'op':
      return isCalled(line) && isReturned(line);
    case 'start':
      return isCalled(line);
    case 'end':
      return isCount(line['id']) && isReturned(line);
    default:
      return false;
  }
}

function isCalled(line: Line): boolean {
  return (
${called}
  );
}

function isReturned(line: Line): boolean {
  return (
${returned}
  );
}
${HELPERS}
${JOIN}export function joined(start: Start, end: Omit<End, 'type'>): Operation {
  const operation: Operation = {
    type: 'op',
${musts(CALLED, 'start')}
${musts(RETURNED, 'end')}
  };
${mays(CALLED, 'start')}
  join(end, operation);
  return operation;
}

function join(end: Omit<End, 'type'>, operation: Operation): void {
${mays(RETURNED, 'end')}
}
`;
}

const HEAD = `/**
 * Validates the most frequent lines of a history, field by field. Generated from fields.ts by \`vitest -u\`. The table in
 * fields.ts covers all lines and names the wrong field, but its lookups take as long as parsing the JSON.
 */
import type { End, Operation, Start } from './history.ts';

type Line = Readonly<Record<string, unknown>>;

`;
const HELPERS = `
const isText = (value: unknown): boolean => typeof value === 'string';
const isTime = (value: unknown): boolean => Number.isSafeInteger(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const mayBeText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const mayBeFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';
const mayBeTime = (value: unknown): boolean => value === undefined || Number.isSafeInteger(value);
const mayBeCount = (value: unknown): boolean => value === undefined || isCount(value);

function mayBeTexts(value: unknown): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  for (const text of value) if (typeof text !== 'string') return false;
  return true;
}
`;
const JOIN = `/**
 * Makes one operation of a start line and its end line, from the fields that each of them may have. Changes neither
 * line.
 */
`;

/** Line width of the formatter, in columns. */
const WIDTH = 110;

const quoted = (value: string | number): string => (typeof value === 'string' ? `'${value}'` : String(value));

const checks = (fields: Fields, sets: Sets): string =>
  Object.entries(fields)
    .map(([name, field]) => `    ${check(name, field, sets)}`)
    .join(' &&\n');

function check(name: string, { kind, must }: Field, sets: Sets): string {
  const value = `line['${name}']`;
  if (typeof kind === 'string' && kind !== 'number') {
    const suffix = kind.charAt(0).toUpperCase() + kind.slice(1);
    return `${must ? 'is' : 'mayBe'}${suffix}(${value})`;
  }
  if (isTexts(kind)) return `mayBeTexts(${value})`;
  if (!Array.isArray(kind)) return `${value} === undefined`;
  const set = name.replaceAll(/([A-Z])/g, '_$1').toUpperCase();
  sets.set(set, kind);
  return must ? `${set}.has(${value})` : `(${value} === undefined || ${set}.has(${value}))`;
}

const isTexts = (kind: Kind): boolean => typeof kind === 'object' && 'list' in kind && kind.list === 'text';

const names = (fields: Fields, must: boolean): string[] =>
  Object.entries(fields)
    .filter(([, field]) => (field.must === true) === must)
    .map(([name]) => name);

const musts = (fields: Fields, of: string): string =>
  names(fields, true)
    .map(name => `    ${name}: ${of}.${name},`)
    .join('\n');

const mays = (fields: Fields, of: string): string =>
  names(fields, false)
    .map(name => `  if (${of}.${name} !== undefined) operation.${name} = ${of}.${name};`)
    .join('\n');
