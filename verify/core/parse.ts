/** One line of a history file → one event that the rest of the core can trust. */
import { type Event, FORMAT, VERSION } from './history.ts';
import { isPlain } from './plain.ts';

/** A line that is no event of this format. The message says what was expected and what came. */
export class HistoryError extends Error {
  override name = 'HistoryError';
}

type Kind = keyof typeof kinds | readonly (string | number)[];
type Shape = Record<string, Kind>;

const actions = [
  'form',
  'login',
  'logout',
  'logout-all',
  'read',
  'add',
  'remove',
  'set',
  'cas',
  'increment',
  'clear',
] as const;
const called: Shape = {
  id: 'count',
  clock: 'text',
  client: 'text',
  session: 'text',
  user: 'text',
  action: actions,
  request: 'text',
  call: 'time',
};
const mayBeCalled: Shape = {
  object: 'text',
  value: 'text',
  expected: 'text',
  state: 'texts',
  path: 'text',
  with: ['old', 'before-login', 'another', 'invented', 'forged', 'none'],
  change: 'text',
  direct: 'flag',
  steered: 'flag',
  sent: 'text',
};
const returned: Shape = { outcome: ['ok', 'fail', 'info'] };
const mayBeReturned: Shape = {
  return: 'time',
  status: 'count',
  note: 'text',
  instance: 'text',
  source: 'text',
  signedIn: ['in', 'out'],
  sawUser: 'text',
  saw: 'texts',
  canaries: 'texts',
  cookies: 'cookies',
  version: 'count',
  skew: 'time',
  caching: 'facts',
  exposed: 'texts',
  resent: 'flag',
  starved: 'flag',
};

const shapes: Record<Event['type'], { must: Shape; may: Shape }> = {
  run: {
    must: {
      format: [FORMAT],
      version: [VERSION],
      run: 'text',
      seed: 'count',
      started: 'text',
      target: 'text',
      url: 'text',
      command: 'text',
      claims: 'texts',
      routing: ['spread', 'sticky', 'least-outstanding'],
      canary: 'text',
      logs: 'texts',
    },
    may: { declared: 'declared' },
  },
  clock: {
    must: { clock: 'text', base: 'text', uncertainty: 'count' },
    may: {},
  },
  session: {
    must: {
      session: 'text',
      user: 'text',
      event: ['born', 'ended'],
      clock: 'text',
      at: 'time',
    },
    may: { reason: 'text' },
  },
  object: {
    must: { object: 'text', kind: ['set', 'list', 'bag', 'register', 'counter'] },
    may: { initial: 'texts', cap: 'count' },
  },
  phase: {
    must: { phase: ['warm-up', 'load', 'heal', 'settle', 'final'], clock: 'text', at: 'time' },
    may: {},
  },
  start: { must: called, may: mayBeCalled },
  end: { must: { id: 'count', ...returned }, may: mayBeReturned },
  op: {
    must: { ...called, ...returned },
    may: { ...mayBeCalled, ...mayBeReturned },
  },
  fault: {
    must: { id: 'count', name: 'text', clock: 'text', begin: 'time' },
    may: {
      end: 'time',
      where: 'text',
      part: ['instance', 'balancer', 'store'],
      down: 'flag',
      did: 'text',
      bit: 'flag',
      healthy: 'flag',
      healed: 'flag',
      unready: 'text',
    },
  },
  served: {
    must: {
      source: 'text',
      kind: ['balancer', 'instance'],
      request: 'text',
      status: 'count',
    },
    may: { instance: 'text', tried: 'texts', began: 'time', ended: 'time' },
  },
  fingerprint: { must: { instances: 'count', by: 'texts' }, may: {} },
  finish: {
    must: {
      clock: 'text',
      at: 'time',
      reason: ['complete', 'interrupted', 'failed'],
    },
    may: {},
  },
};

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(v => typeof v === 'string');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of texts, numbers and flags. */
const isFacts = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every(v => v !== null && typeof v !== 'object');

/** The same, with objects in it. */
const isDeclared = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every(v => isDeclared(v) || (v !== null && typeof v !== 'object'));

function isCookies(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      c =>
        typeof c === 'object' &&
        c !== null &&
        typeof c.name === 'string' &&
        (c.change === 'set' || c.change === 'deleted') &&
        (c.label === undefined || typeof c.label === 'string') &&
        (c.attributes === undefined || isFacts(c.attributes)),
    )
  );
}

/** What a field may hold: how to tell, and how to say it. */
const kinds = {
  text: { is: (v: unknown) => typeof v === 'string', means: 'a text' },
  flag: { is: (v: unknown) => typeof v === 'boolean', means: 'true or false' },
  count: {
    is: (v: unknown) => Number.isSafeInteger(v) && (v as number) >= 0,
    means: 'a whole number, 0 or more',
  },
  time: { is: (v: unknown) => Number.isSafeInteger(v), means: 'whole microseconds' },
  texts: { is: isTexts, means: 'a list of texts' },
  cookies: { is: isCookies, means: 'a list of cookie changes' },
  facts: { is: isFacts, means: 'an object of texts, numbers and flags' },
  declared: { is: isDeclared, means: 'an object of what the target declares' },
};

interface Field {
  name: string;
  must: boolean;
  is(value: unknown): boolean;
  means: string;
}

const field = (name: string, kind: Kind, must: boolean): Field =>
  typeof kind === 'string'
    ? { name, must, ...kinds[kind] }
    : {
        name,
        must,
        is: value => (kind as readonly unknown[]).includes(value),
        means: kind.map(value => JSON.stringify(value)).join(' or '),
      };

/** The shapes as lists, made once: every line of a long history goes through one of them. */
const fieldsOf = Object.fromEntries(
  Object.entries(shapes).map(([type, { must, may }]) => [
    type,
    [
      ...Object.entries(must).map(([name, kind]) => field(name, kind, true)),
      ...Object.entries(may).map(([name, kind]) => field(name, kind, false)),
    ],
  ]),
) as Record<Event['type'], Field[]>;

/** The names of all fields that a line of a type may have, for tests: none may be left unchecked. */
export const namesOf = (type: Event['type']): string[] => fieldsOf[type].map(({ name }) => name);

const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

/**
 * @param line one line, without its line end
 * @returns the event that it holds; fields that this version does not know are left as they are
 * @throws HistoryError saying which field is wrong, what was expected and what came
 */
export function parseEvent(line: string): Event {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new HistoryError(`expected one JSON object, got ${shown(line)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HistoryError(`expected a JSON object, got ${shown(value)}`);
  }
  const fields = value as Record<string, unknown>;
  if (isPlain(fields)) return value as Event;
  const type = fields['type'];
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) {
    throw new HistoryError(`"type": expected one of ${Object.keys(shapes).join(', ')}, got ${shown(type)}`);
  }
  for (const field of fieldsOf[type as Event['type']]) {
    const found = fields[field.name];
    if (found === undefined ? field.must : !field.is(found)) throw wrong(fields, field);
  }
  return value as Event;
}

const wrong = (fields: Record<string, unknown>, { name, means }: Field): HistoryError =>
  new HistoryError(`"${name}" of a ${fields['type']} line: expected ${means}, got ${shown(fields[name])}`);
