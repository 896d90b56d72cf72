import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatBaseline, runsIn } from './baseline.ts';
import { digestOf } from './core/compare/digest.ts';
import { Picture, runLine } from './core/testing/picture.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-baseline-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const picture = (): Picture => {
  const drawn = new Picture({ claims: ['continuity'] });
  drawn.session('s1', 'alice').login('app-1').hops(20);
  return drawn.finish();
};
const result = picture().result();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('runsIn', () => {
  it('reads the runs that a baseline was written from', async () => {
    const digest = digestOf(result, 'abc123');
    expect(await runsIn(file('baseline.json', formatBaseline([digest])))).toEqual([digest]);
  });

  it('reads the same run from a result, a history, the folder of a run, and a folder of runs', async () => {
    const digest = digestOf(result);
    const lines = [runLine({ claims: ['continuity'] }), ...picture().events];
    const history = lines.map(line => `${JSON.stringify(line)}\n`).join('');
    expect(await runsIn(file('result.json', JSON.stringify(result, null, 2)))).toEqual([digest]);
    expect(await runsIn(file('history.ndjson', history))).toEqual([digest]);
    const half = history.indexOf('\n', history.length / 2) + 1;
    const compressed = file('compressed.ndjson', history.slice(half));
    writeFileSync(`${compressed}.gz`, gzipSync(history.slice(0, half)));
    expect(await runsIn(compressed)).toEqual([digest]);
    const runs = join(folder, 'runs');
    mkdirSync(join(runs, 'one'), { recursive: true });
    mkdirSync(join(runs, 'two'));
    mkdirSync(join(runs, 'notes'));
    file('runs/one/result.json', JSON.stringify(result));
    file('runs/two/history.ndjson', history);
    expect(await runsIn(join(runs, 'one'))).toEqual([digest]);
    expect(await runsIn(join(runs, 'two'))).toEqual([digest]);
    expect(await runsIn(runs)).toEqual([digest, digest]);
  });

  it.each([
    ['{"format":"baton-baseline","version":2,"runs":[]}', /expected version 1, got 2/],
    ['{"format":"baton-baseline","version":1,"runs":[]}', /runs: /],
    [
      '{"format":"baton-baseline","version":1,"runs":[{"run":7}]}',
      /runs\.0\.run: .*docs\/baseline\.schema\.json/,
    ],
    ['{"format":"baton-result","version":1}', /parts of a result are missing/],
    ['{"format":"other"}', /expected a baseline, a result or a history, got "format": "other"/],
    ['no JSON', /got a file that is not JSON/],
    ['null', /got a file that is not JSON/],
  ])('refuses %s, and says what was expected', async (text, message) => {
    await expect(runsIn(file('wrong.json', text))).rejects.toThrow(message);
  });

  it('reports a path that does not exist, and a folder without a run', async () => {
    await expect(runsIn(join(folder, 'none'))).rejects.toThrow(/found none \(ENOENT\)/);
    mkdirSync(join(folder, 'empty'));
    await expect(runsIn(join(folder, 'empty'))).rejects.toThrow(
      /expected history\.ndjson, result\.json, or folders/,
    );
  });
});
