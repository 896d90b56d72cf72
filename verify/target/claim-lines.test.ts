import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimLines } from './claim-lines.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-claims-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (text: string) => {
  const file = join(folder, 'baton.yaml');
  writeFileSync(file, text);
  return claimLines(file);
};

it('returns the line of each claim, and the line of the key for the claims of a set', async () => {
  expect(await lines('url: x\nclaims:\n  - standard\n  - routing: spread\n')).toMatchObject({
    continuity: 2,
    routing: 4,
  });
  expect(await lines('url: x\nclaims: standard\n')).toMatchObject({ continuity: 2, routing: 2 });
});

it('returns no lines without a file, a claim or YAML', async () => {
  expect(await claimLines(join(folder, 'none.yaml'))).toEqual({});
  expect(await lines('url: x\n')).toEqual({});
  expect(await lines('- [')).toEqual({});
});
