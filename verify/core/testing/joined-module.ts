/** Generates the code of joined.ts from the tables of fields. */
import { CALLED, RETURNED } from '../history/fields.ts';
import type { Fields } from '../history/kinds.ts';

export const joinedModule = (): string => `/**
 * Joins the lines of an operation. Generated from fields.ts by \`vitest -u\`, because code that names each field is
 * several times as fast as a loop.
 */
import type { End, Operation, Start } from './history.ts';

/** Makes one operation of a start line and an end line. Changes neither line. */
export function joined(start: Start, end: Omit<End, 'type'>): Operation {
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
