/** Tests that a history is complete after the disk was full for a time. */
import fs, { mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { eachLine } from '../lines.ts';
import { HistoryFile } from './history-file.ts';

const { writeSync } = fs;
afterEach(() => {
  fs.writeSync = writeSync;
  syncBuiltinESMExports();
});

function fillDisk(free: number): () => void {
  let left = free;
  fs.writeSync = ((file: number, bytes: Buffer): number => {
    if (left === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const part = bytes.subarray(0, left);
    left -= part.length;
    return writeSync(file, part);
  }) as typeof writeSync;
  syncBuiltinESMExports();
  return () => {
    left = Number.POSITIVE_INFINITY;
  };
}

/** `most`: size above which the history is compressed. In each case, the disk becomes full at a different position. */
const CASES = [0, 400_000, undefined].flatMap(most =>
  [100_000, 280_000, 600_005, 900_000].map(free => ({ most, free })),
);

it.each(CASES)(
  'has each line that it accepted once (compressed above $most, $free free)',
  async ({ most, free }) => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-full-'));
    const path = join(folder, 'history.ndjson');
    const freeSpace = fillDisk(free);
    const history = new HistoryFile(path, undefined, most);
    const accepted: number[] = [];
    let refused = 0;
    for (let at = 1; at <= 4000; at++) {
      try {
        history.writeNow({ type: 'phase', phase: 'load', clock: `é${'x'.repeat(400)}${Math.random()}`, at });
        accepted.push(at);
      } catch (error) {
        expect(error).toMatchObject({
          exitCode: 69,
          message: expect.stringContaining('the disk is full: free'),
        });
        if (++refused === 5) freeSpace();
      }
    }
    history.close();
    const found: number[] = [];
    await eachLine(path, line => found.push(JSON.parse(line).at));
    rmSync(folder, { recursive: true });
    expect(refused).toBe(5);
    expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
    expect(found).toEqual(expect.arrayContaining(accepted));
  },
);
