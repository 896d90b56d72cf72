import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from './log.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-log-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['error', ['error']],
  ['silent', []],
] as const)('LOG_LEVEL=%s: the log file has the lines of these levels: %j', (logLevel, levels) => {
  const logFile = join(folder, 'app.log');
  const log = createLogger({ logLevel, logFile });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({ event: 'sample' });
  const lines = readFileSync(logFile, 'utf8').split('\n').filter(Boolean);
  expect(lines.map(line => JSON.parse(line).level)).toEqual(levels);
});
