import { describe, expect, it } from 'vitest';
import { fullEnd, fullStart } from '../testing/full.ts';
import { linesModule } from '../testing/lines-module.ts';
import { CALLED, LINES, RETURNED } from './fields.ts';
import type { End, Start } from './history.ts';
import { isPlain, joined } from './lines.ts';
import { parseEvent } from './parse.ts';

it('lines.ts is generated from fields.ts (vitest -u writes it)', async () => {
  await expect(linesModule()).toMatchFileSnapshot('lines.ts');
});

const called = {
  id: 1,
  clock: 'c0',
  client: 'c1',
  session: 's1',
  user: 'alice',
  action: 'read',
  request: 'r-1',
  call: -5,
  object: 'basket@s1',
  value: 'a',
  path: '/',
};
const returned = {
  outcome: 'ok',
  return: 5,
  status: 200,
  note: '200',
  instance: 'app-1',
  source: 'header',
  signedIn: 'in',
  sawUser: 'alice',
  saw: ['a', 'b'],
  canaries: ['c'],
};
const plain: Record<string, unknown>[] = [
  { type: 'op', ...called, ...returned },
  { type: 'start', ...called },
  { type: 'end', id: 1, ...returned },
];

/** For each type of line: a field that only the table validates. */
const rare: Record<string, object> = { op: { skew: 0 }, start: { sent: 'x' }, end: { skew: 0 } };

/** Valid and invalid values of fields. */
const others = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  'x',
  'out',
  'fail',
  'cas',
  [],
  ['x'],
  [1],
  ['x', null],
  {},
];
const fields = [...Object.keys(LINES.op.fields), 'unknown'];

const refusal = (line: object): string => {
  try {
    parseEvent(JSON.stringify(line));
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe.each(plain)('a plain line: $type', line => {
  it('is plain', () => {
    expect(isPlain(line)).toBe(true);
    expect(refusal(line)).toBe('');
  });

  it.each(fields)('is not plain if the table refuses its %s', name => {
    for (const value of others) {
      const changed = JSON.parse(JSON.stringify({ ...line, [name]: value }));
      const byTable = refusal({ ...rare[line['type'] as string], ...changed });
      expect(refusal(changed)).toBe(byTable);
      if (isPlain(changed)) expect(byTable).toBe('');
    }
  });
});

it('no other line is plain', () => {
  for (const type of ['run', 'session', 'served', '__proto__', undefined, 1]) {
    expect(isPlain({ ...plain[0], type })).toBe(false);
  }
});

describe('a start line and its end line', () => {
  it('are one operation, with every field of both', () => {
    expect(joined(fullStart, fullEnd)).toEqual({ ...fullStart, ...fullEnd, type: 'op' });
  });

  it('give no field that is not theirs', () => {
    const strange = { ...fullStart, saw: null, status: 'x' } as unknown as Start;
    const other = { id: 1, outcome: 'ok', session: 'other', value: 'other' } as unknown as End;
    const operation = joined(strange, other);
    expect(operation).toMatchObject({ session: 's', value: 'v' });
    expect(operation).not.toHaveProperty('saw');
    expect(operation).not.toHaveProperty('status');
    expect(Object.keys({ ...CALLED, ...RETURNED })).toEqual(Object.keys(LINES.op.fields));
  });
});
