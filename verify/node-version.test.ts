import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { LEAST_NODE, nodeComplaint } from './node-version.ts';

it.each(['22.18.0', '22.20.1', '24.0.0', '100.0.0'])('Node %s is new enough', version => {
  expect(nodeComplaint({ node: version }, 'node')).toBeUndefined();
});

it.each(['20.20.2', '22.17.9', '22.2.0', '8.0.0'])(
  'Node %s is too old, and the message says what to do',
  version => {
    const message = nodeComplaint({ node: version }, '/usr/bin/node');
    expect(message).toContain(`expected Node 22.18 or later, got ${version} (/usr/bin/node)`);
    expect(message).toContain('npm install --save-dev node@24');
  },
);

it.each([
  ['Deno', { node: '24.0.0', deno: '2.9.6' }],
  ['Bun', { node: '24.0.0', bun: '1.4.5' }],
])('%s is rejected with a message', (name, versions) => {
  expect(nodeComplaint(versions, '/bin/it')).toMatch(
    new RegExp(`expected Node 22.18 or later, got ${name} [0-9.]+ \\(/bin/it\\)\\. .* runs on Node only`),
  );
});

test('scripts/setup requires the same version', () => {
  const setup = readFileSync(join(import.meta.dirname, '../scripts/setup'), 'utf8');
  expect(setup).toContain(`MIN_NODE=${LEAST_NODE} `);
});
