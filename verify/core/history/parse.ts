/** Parses and validates one line of a history. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Event } from './history.ts';
import type { Fields, Kind } from './kinds.ts';
import { LINES } from './lines.ts';

/** Thrown for an invalid event. The message says what was expected and what came. */
export class HistoryError extends Error {
  override name = 'HistoryError';
}

/** Thrown for a line that is not JSON, such as the last line of a killed recorder. */
export class CutLineError extends HistoryError {}

type Test = (value: unknown) => boolean;

const SCALARS: Record<Extract<Kind, string>, { is: Test; means: string }> = {
  text: { is: value => typeof value === 'string', means: 'a text' },
  flag: { is: value => typeof value === 'boolean', means: 'true or false' },
  number: { is: Number.isFinite, means: 'a number' },
  count: {
    is: value => Number.isSafeInteger(value) && (value as number) >= 0,
    means: 'a whole number, 0 or more',
  },
  time: { is: Number.isSafeInteger, means: 'whole microseconds' },
};

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every(text => typeof text === 'string');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Wrong {
  path: string;
  means: string;
  came: unknown;
}

const wrong = (came: unknown, means: string): Wrong => ({ path: '', means, came });

const inside = (path: string, wrong: Wrong): Wrong => ({ ...wrong, path: path + wrong.path });

function wrongIn(value: unknown, kind: Kind): Wrong | undefined {
  if (typeof kind === 'string')
    return SCALARS[kind].is(value) ? undefined : wrong(value, SCALARS[kind].means);
  if ('list' in kind) {
    if (kind.list === 'text') return isTexts(value) ? undefined : wrong(value, 'a list of texts');
    return Array.isArray(value) ? wrongInEach(value, kind.list) : wrong(value, 'a list');
  }
  if ('fields' in kind) return isRecord(value) ? wrongAmong(value, kind.fields) : wrong(value, 'an object');
  if ('named' in kind) return isRecord(value) ? wrongInEach(value, kind.named) : wrong(value, 'an object');
  return (kind as readonly unknown[]).includes(value)
    ? undefined
    : wrong(value, kind.map(one => JSON.stringify(one)).join(' or '));
}

function wrongInEach(values: object, kind: Kind): Wrong | undefined {
  for (const [name, value] of Object.entries(values)) {
    const wrong = wrongIn(value, kind);
    if (wrong !== undefined) return inside(Array.isArray(values) ? `[${name}]` : `.${name}`, wrong);
  }
  return undefined;
}

function wrongAmong(values: Record<string, unknown>, fields: Fields): Wrong | undefined {
  const { kinds, required } = tableOf(fields);
  for (const name in values) {
    const kind = kinds.get(name);
    const wrong = kind === undefined ? undefined : wrongIn(values[name], kind);
    if (wrong !== undefined) return inside(`.${name}`, wrong);
  }
  for (const name of required)
    if (values[name] === undefined)
      return inside(`.${name}`, wrongIn(undefined, kinds.get(name) as Kind) as Wrong);
  return undefined;
}

interface Table {
  kinds: ReadonlyMap<string, Kind>;
  required: readonly string[];
}

const tables = new Map<Fields, Table>();
function tableOf(fields: Fields): Table {
  return getOrInsert(tables, fields, () => ({
    kinds: new Map(Object.entries(fields).map(([name, { kind }]) => [name, kind])),
    required: Object.keys(fields).filter(name => fields[name]?.must),
  }));
}

const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

/** Parses one line, keeping unknown fields. @throws HistoryError that says what was expected and what came */
export function parseEvent(line: string): Event {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new CutLineError(`expected one JSON object, got ${shown(line)}`);
  }
  if (!isRecord(value)) throw new HistoryError(`expected a JSON object, got ${shown(value)}`);
  const { type } = value;
  if (typeof type !== 'string' || !Object.hasOwn(LINES, type))
    throw new HistoryError(`"type": expected one of ${Object.keys(LINES).join(', ')}, got ${shown(type)}`);
  const wrong = wrongAmong(value, LINES[type as Event['type']].fields);
  if (wrong === undefined) return value as unknown as Event;
  const { path, means, came } = wrong;
  const [, name = '', deeper = ''] = /^\.([^.[]*)\.?(.*)$/.exec(path) ?? [];
  const where = deeper === '' ? '' : ` at ${deeper}`;
  throw new HistoryError(`"${name}" of the ${type} line: expected ${means}${where}, got ${shown(came)}`);
}
