/** Tests that a history is whole if the disk was full for a time while it was written. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { eachLine } from '../lines.ts';
import { HistoryFile } from './history-file.ts';

/** The disk has this number of free bytes. */
const disk = vi.hoisted(() => ({ free: 0 }));
vi.mock('node:fs', async load => {
  const fs = await load<typeof import('node:fs')>();
  const writeSync = (file: number, bytes: Buffer): number => {
    if (disk.free === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const part = bytes.subarray(0, disk.free);
    disk.free -= part.length;
    return fs.writeSync(file, part);
  };
  return { ...fs, writeSync };
});

/** Sizes above which the history is compressed, and free bytes: the disk is full in different files and places. */
const CASES = [0, 400_000, undefined].flatMap(most =>
  [100_000, 280_000, 600_005, 900_000].map(free => ({ most, free })),
);

it.each(CASES)(
  'has each line that it accepted once (compressed above $most, $free free)',
  async ({ most, free }) => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-full-'));
    const path = join(folder, 'history.ndjson');
    disk.free = free;
    const history = new HistoryFile(path, undefined, most);
    const accepted: number[] = [];
    let refused = 0;
    for (let at = 1; at <= 4000; at++) {
      try {
        history.writeNow({ type: 'phase', phase: 'load', clock: `é${'x'.repeat(400)}${Math.random()}`, at });
        accepted.push(at);
      } catch {
        if (++refused === 5) disk.free = Number.POSITIVE_INFINITY;
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
