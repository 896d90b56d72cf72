/** Tests that a history has each line exactly once, also after a kill of Baton. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Operation } from '../core/history/history.ts';
import { eachLine, lineBatches, packedOf } from '../lines.ts';
import { HistoryFile } from './history-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-history-'));
  path = join(folder, 'history.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('says which option names another folder, if its folder cannot be created', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => new HistoryFile(join(folder, 'file/run/history.ndjson'))).toThrow(
    'expected to create the history of the run, got ENOTDIR: name another folder with --out',
  );
});

const operation = (id: number): Operation => ({
  type: 'op',
  id,
  clock: 'c0',
  client: `c${id % 32}`,
  session: `s${id % 32}`,
  user: `user${id % 32}`,
  action: 'read',
  request: `20260101-120000-3fa2c1-${id}`,
  call: 1_000_000 + id * 313 + ((id * 7919) % 101),
  path: '/account',
  return: 1_000_400 + id * 313 + ((id * 104_729) % 211),
  outcome: 'ok',
  status: 200,
  note: '200',
  instance: `app-${1 + ((id * 31) % 7 > 3 ? 1 : 0)}`,
  source: 'header',
  signedIn: 'in',
  sawUser: `user${id % 32}`,
  skew: -((id * 313) % 1_000_000),
  caching: { control: 'private, no-store' },
});

async function idsIn(file: string): Promise<number[]> {
  const ids: number[] = [];
  await eachLine(file, line => ids.push(JSON.parse(line).id));
  const batched: number[] = [];
  for await (const batch of lineBatches(file)) batched.push(...batch.map(line => JSON.parse(line).id));
  expect(batched).toEqual(ids);
  return ids;
}

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

const COUNT = 2000;
const ALL = Array.from({ length: COUNT }, (_, i) => i + 1);

it.each([0, 690_000, 250_000, undefined])(
  'has every line once, in order (compressed above %s bytes)',
  async most => {
    const history = new HistoryFile(path, undefined, most);
    for (const id of ALL) {
      if (id % 100 === 0) history.writeNow(operation(id));
      else history.write(operation(id));
    }
    history.close();
    expect(await idsIn(path)).toEqual(ALL);
  },
);

it('needs at most 120 compressed bytes for an operation', () => {
  const history = new HistoryFile(path, undefined, 0);
  for (const id of ALL) history.write(operation(id));
  history.close();
  const blocks = statSync(packedOf(path)).size;
  const plain = readFileSync(path, 'utf8').split('\n').length - 1;
  expect(plain).toBeLessThan(COUNT / 2);
  expect(blocks / (COUNT - plain)).toBeLessThan(120);
});

it('has a line that is longer than a block', async () => {
  const history = new HistoryFile(path, undefined, 0);
  history.write({ ...operation(1), saw: ['x'.repeat(1 << 19)] });
  history.write(operation(2));
  history.close();
  expect(await idsIn(path)).toEqual([1, 2]);
});

it.each([0, 300_000])(
  'has all written lines if the process was killed before, during or after a compression (above %s bytes)',
  async most => {
    const history = new HistoryFile(path, undefined, most);
    const before = join(folder, 'before.ndjson');
    const expected: number[] = [];
    let compressions = 0;
    for (let id = 1; id <= 320; id++) {
      copyFileSync(path, before);
      const from = sizeOf(packedOf(path));
      history.writeNow({ ...operation(id), saw: ['é'.repeat(1500)] });
      const to = sizeOf(packedOf(path));
      if (to > from) {
        compressions++;
        expect(await idsIn(path)).toEqual([...expected, id]);
        for (const size of [from, from + 5, to - 1, to]) {
          copyFileSync(packedOf(path), packedOf(before));
          truncateSync(packedOf(before), size);
          expect(await idsIn(before)).toEqual(expected);
        }
      }
      expected.push(id);
    }
    expect(compressions).toBeGreaterThan(1);
    history.close();
    expect(await idsIn(path)).toEqual(expected);
    const lines = `${gunzipSync(readFileSync(packedOf(path)))}${readFileSync(path, 'utf8')}`;
    expect(
      lines
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).id),
    ).toEqual(expected);
  },
);

it.each([
  ['plain text that begins like an earlier line', 'a\nb\na\nc\n', 'a\nd\n', 'abacad'],
  ['plain text that begins like several earlier lines', 'a\nb\na\nb\nc\n', 'a\nb\nd\n', 'ababcabd'],
  ['a block in both files', 'a\nb\na\nc\n', 'a\nc\n', 'abac'],
  ['a block in both files, of which the plain one is incomplete', 'a\nb\nc\n', 'b\n', 'abc'],
  ['a block in both files, of which the compressed one is incomplete', 'a\nb\n', 'b\nc\n', 'abc'],
  ['no plain text', 'a\na\n', '', 'aa'],
])('reads each line once: %s', async (_name, compressed, plain, expected) => {
  writeFileSync(packedOf(path), gzipSync(compressed));
  writeFileSync(path, plain);
  const lines: string[] = [];
  await eachLine(path, line => lines.push(line));
  expect(lines.join('')).toBe(expected);
});

it('loses no line before a block that is cut off, if the reader is slower than the decompression', async () => {
  const lines = (from: number) =>
    Array.from({ length: 300 }, (_, i) => `${from + i} ${'x'.repeat(100)}\n`).join('');
  const cut = gzipSync(lines(300)).subarray(0, 5);
  writeFileSync(packedOf(path), Buffer.concat([gzipSync(lines(0)), cut]));
  writeFileSync(path, lines(300));
  const numbers: number[] = [];
  for await (const batch of lineBatches(path)) {
    numbers.push(...batch.map(line => Number.parseInt(line, 10)));
    await setTimeout(20);
  }
  expect(numbers).toEqual(Array.from({ length: 600 }, (_, i) => i));
});

it.each([
  ['its end is missing', (file: Buffer) => file.subarray(0, file.length / 2)],
  ['incorrect data check', (file: Buffer) => file.fill(0, file.length - 8, file.length - 4)],
  ['incorrect header check', () => Buffer.from('no gzip')],
])('a damaged compressed file is an error: %s', async (how, damage) => {
  const history = new HistoryFile(path, undefined, 0);
  for (const id of ALL) history.write(operation(id));
  history.close();
  writeFileSync(packedOf(path), damage(readFileSync(packedOf(path))));
  const expected = `history.ndjson.gz: expected the compressed lines of a history, got a damaged file (${how})`;
  await expect(eachLine(path, () => {})).rejects.toThrow(expected);
});
