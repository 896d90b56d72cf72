import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import type { Operation } from '../verify/core/history/history.ts';
import { Picture } from '../verify/core/testing/picture.ts';
import { compared } from '../verify/reports/testing/results.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../docs/result.schema.json'), 'utf8'));
const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);
const problems = (value: unknown) => {
  validate(JSON.parse(JSON.stringify(value)));
  return validate.errors;
};

/** The type requires all fields, so a missing field is a type error. */
const whole: Required<Operation> & { uncertainty: number } = {
  type: 'op',
  id: 1,
  clock: 'c0',
  client: 'c',
  session: 's1',
  user: 'alice',
  action: 'cas',
  object: 'basket@s1',
  value: 'v',
  expected: 'e',
  state: ['x'],
  request: 'r',
  call: 1,
  path: '/p',
  with: 'old',
  change: 'cut',
  direct: true,
  steered: true,
  late: 0,
  sent: 'label',
  return: 2,
  outcome: 'ok',
  status: 200,
  note: '200',
  instance: 'app-1',
  source: 'header',
  cohort: 'v1',
  signedIn: 'in',
  sawUser: 'alice',
  saw: ['v'],
  canaries: [],
  cookies: [
    {
      name: 'sid',
      change: 'set',
      label: 'l',
      attributes: {
        httpOnly: true,
        secure: false,
        sameSite: 'lax',
        path: '/',
        domain: 'x.test',
        lifetime: 1,
        bytes: 40,
        bits: 128,
        folded: true,
      },
    },
  ],
  version: 3,
  skew: -4,
  caching: { control: 'private', expires: 0, vary: 'Cookie', hit: false },
  exposed: ['url', 'body'],
  withheld: ['nonce'],
  issued: { refresh: 'r1', lifetime: 1 },
  lost: true,
  resent: true,
  starved: true,
  uncertainty: 1000,
};

const violated = () => {
  const picture = new Picture({ claims: ['continuity', 'rotation'] });
  picture
    .session('s1', 'alice')
    .login('app-1')
    .write('a', 'app-1')
    .read('app-2', [])
    .signedOut('app-2')
    .ended();
  return picture.finish().result();
};

it('the schema accepts a result with violations, unknowns and a witness', () => {
  expect(problems(violated())).toBeNull();
});

it('the schema accepts a witness with an operation that has every field', () => {
  const result = violated();
  const anomaly = result.guarantees.find(verdict => verdict.anomalies.length > 0)?.anomalies[0];
  anomaly?.witness.push({ operation: whole, came: 'all of it' });
  expect(anomaly?.witness).toHaveLength(4);
  expect(problems(result)).toBeNull();
});

it('the schema accepts a result with a comparison', () => {
  const { result, comparison } = compared();
  expect(comparison?.differences.map(({ change }) => change)).toContain('worse');
  expect(problems({ ...result, comparison })).toBeNull();
});

it('the schema accepts a result with faults, one of which has no end', () => {
  const picture = new Picture({ claims: ['survival'] });
  const fault = { type: 'fault', id: 1, name: 'kill', where: 'app-1', clock: 'c0' } as const;
  const session = picture.session('s1', 'alice').login('app-1');
  picture.add({ ...fault, begin: picture.now });
  session.read('app-2', []);
  picture.add({ ...fault, begin: 0, end: picture.now, bit: true, healthy: true });
  picture.add({ ...fault, id: 2, begin: picture.now });
  const result = picture.finish().result();
  expect(result.faults).toHaveLength(2);
  expect(problems(result)).toBeNull();
});

it('the schema refuses a field that it does not describe', () => {
  expect(problems({ ...violated(), more: 1 })).not.toBeNull();
});
