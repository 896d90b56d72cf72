import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eachLine } from './lines.ts';

it.each([
  ['', []],
  ['a', ['a']],
  ['a\nb\n', ['a', 'b']],
  ['a\r\nb\r\n\nc', ['a', 'b', '', 'c']],
  // The first line is longer than one read, and a read ends in the middle of a character.
  [`${'ä€😀'.repeat(100_000)}\nend\n`, ['ä€😀'.repeat(100_000), 'end']],
  // In these texts, a read ends between CR and LF, or just before CR.
  [`${'x'.repeat((1 << 16) - 1)}\r\nend\n`, ['x'.repeat((1 << 16) - 1), 'end']],
  [`${'x'.repeat(1 << 16)}\r\nend\n`, ['x'.repeat(1 << 16), 'end']],
])('gives each line once', async (text, lines) => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-lines-'));
  writeFileSync(join(folder, 'file'), text);
  const got: string[] = [];
  await eachLine(join(folder, 'file'), line => got.push(line));
  rmSync(folder, { recursive: true });
  expect(got).toEqual(lines);
});
