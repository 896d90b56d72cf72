import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Picture, runLine } from './core/testing/picture.ts';
import { judgeFile } from './judge-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string): string => {
  const path = join(folder, `${Math.random()}.ndjson`);
  writeFileSync(path, text);
  return path;
};

const healthy = (): string => {
  const picture = new Picture();
  picture.session('s1', 'alice').login('app-1').write('a', 'app-1').hops(40, ['a']).ended();
  return `${[runLine(), ...picture.finish().events].map(event => JSON.stringify(event)).join('\n')}\n`;
};

describe('judgeFile', () => {
  it.each([0, 1])('judges a file and the folder of a run, of which %d lines are compressed', async count => {
    const lines = healthy().split('\n');
    const packed = lines.splice(0, count).map(line => `${line}\n`);
    const history = join(folder, 'history.ndjson');
    writeFileSync(history, lines.join('\n'));
    if (count > 0) writeFileSync(`${history}.gz`, gzipSync(packed.join('')));
    for (const path of [folder, history, ...(count > 0 ? [`${history}.gz`] : [])]) {
      const result = await judgeFile(path);
      expect(result.finished).toBe('complete');
      expect(result.guarantees[0]).toMatchObject({ guarantee: 'continuity', judgement: 'valid' });
      expect(result.remarks).toEqual([]);
    }
  });

  it('reads a history that was cut at any byte', async () => {
    const text = healthy();
    const head = text.indexOf('\n') + 1;
    for (let length = head; length < text.length; length += 97) {
      const result = await judgeFile(file(text.slice(0, length)));
      expect(result.finished).toBe('cut off');
      expect(result.judgement).not.toBe('violated');
    }
  });

  it('treats a last line with a wrong field as damage, and not as a line that a kill cut', async () => {
    const wrong = `${healthy()}{"type":"op","id":"one"}\n`;
    await expect(judgeFile(file(wrong))).rejects.toThrow(
      /:\d+: "id" of the op line: expected a whole number/,
    );
  });

  it.each([
    ['an empty file', '', 'expected a history, and the file is empty'],
    ['something else', 'hello\n', ':1: expected the first line of a history'],
    ['a binary', '\u0000\u0001\u0002', ':1: expected the first line of a history'],
    [
      'another version',
      '{"type":"run","format":"baton-history","version":7}\n',
      ':1: expected a history of version 1, got version 7',
    ],
    [
      'a damaged head',
      '{"type":"run","format":"baton-history","version":1}\n',
      ':1: "run" of the run line: expected a text, got nothing',
    ],
  ])('refuses %s', async (_, text, message) => {
    await expect(judgeFile(file(text))).rejects.toThrow(message);
  });

  it('refuses a damaged line in the middle, with its number', async () => {
    const lines = healthy().split('\n');
    lines[4] = '{"type":"op"}';
    await expect(judgeFile(file(lines.join('\n')))).rejects.toThrow(
      /:5: "id" of the op line: expected a whole number/,
    );
  });

  it('names the path when there is no history', async () => {
    await expect(judgeFile(join(folder, 'nowhere'))).rejects.toThrow(
      'expected a history file or the folder of a run',
    );
  });
});
