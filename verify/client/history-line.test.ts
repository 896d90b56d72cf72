import { expect, it } from 'vitest';
import type { Called, Event, Returned } from '../core/history/history.ts';
import { parseEvent } from '../core/history/parse.ts';
import { lineOf } from './history-line.ts';

const called: Required<Called> = {
  id: 7,
  clock: 'c0',
  client: 'c"1\n',
  session: 's-é-\ud83c\udf52',
  user: 'u\\x',
  action: 'cas',
  object: 'basket@s1',
  value: 'b."1"',
  expected: '\u2028',
  state: ['a', '"'],
  request: 'run-7',
  call: 12,
  path: '/a"b',
  with: 'forged',
  change: 'flip',
  direct: true,
  steered: false,
  late: 5,
  sent: '0a1b',
};
const returned: Required<Returned> = {
  return: 34,
  outcome: 'info',
  status: 303,
  note: '303 to /"x"',
  instance: 'app-1',
  source: 'header',
  cohort: 'v1',
  signedIn: 'out',
  sawUser: 'unknown-1',
  saw: ['', 'x"y'],
  canaries: [],
  cookies: [{ name: 'sid', change: 'deleted' }],
  version: 0,
  skew: -5,
  caching: { control: 'no-store', vary: '"' },
  exposed: ['url'],
  withheld: ['nonce'],
  issued: { refresh: 'r1', lifetime: 1 },
  lost: true,
  resent: true,
  starved: false,
};

it.each<Event>([
  { type: 'op', ...called, ...returned },
  { type: 'start', ...called },
  { type: 'end', id: 7, ...returned },
  { type: 'end', id: 8, outcome: 'ok' },
  { type: 'phase', phase: 'load', clock: 'c0', at: 3 },
])('is the JSON of $type, with all fields', event => {
  const line = lineOf(event);
  expect(line).toMatch(/^\{"type":"\w+",[^\n]*\}\n$/);
  expect(JSON.parse(line)).toEqual(event);
  expect(parseEvent(line.trimEnd())).toEqual(event);
});

it('has the values of each page, also if two pages of a session share a list', () => {
  const sawIn = (saw: string[], session = 's') =>
    JSON.parse(lineOf({ type: 'op', ...called, ...returned, session, saw })).saw;
  const [one, two] = [['a'], ['b']];
  expect([one, one, two, one].map(saw => sawIn(saw))).toEqual([one, one, two, one]);
  expect(sawIn(two, 'other')).toEqual(two);
});
