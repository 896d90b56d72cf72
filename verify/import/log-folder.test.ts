import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../stack/wait.ts';
import type { Served } from '../core/history/history.ts';
import { logFolder } from './log-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const routed = (instances: Record<string, string>) => `${JSON.stringify({ event: 'routed', instances })}\n`;
const balanced = (request: string, tried: string) =>
  `${JSON.stringify({ event: 'balanced', request, status: 200, tried, upstreamHeaderTime: '0.001' })}\n`;

function file(...path: string[]): string {
  const name = join(folder, ...path);
  mkdirSync(join(name, '..'), { recursive: true });
  return name;
}

test('an address means the instance that had it at that time, by earlier lines of the log of the balancer', async () => {
  const log = file('balancer', 'access.log');
  writeFileSync(
    log,
    routed({ '10.0.0.2:3000': 'app-1', '10.0.0.3:3000': 'app-2' }) + balanced('old', '10.0.0.2:3000'),
  );
  const [source] = logFolder(folder);
  const stop = new AbortController();
  const seen: Served[] = [];
  const reading = (async () => {
    for await (const served of source?.follow(stop.signal) ?? []) seen.push(served);
  })();
  appendFileSync(log, balanced('a', '10.0.0.2:3000'));
  // The balancer reports that app-1 has ended, and that app-3 has its address.
  appendFileSync(log, routed({ '10.0.0.3:3000': 'app-2', '10.0.0.2:3000': 'app-3' }));
  appendFileSync(log, balanced('b', '10.0.0.9:3000, 10.0.0.2:3000') + balanced('c', '10.0.0.3:3000'));
  await until(() => seen.length === 3, { withinMs: 30_000, what: 'three entries' });
  stop.abort();
  await reading;
  expect(seen.map(({ request, instance }) => `${request} ${instance}`)).toEqual([
    'a app-1',
    'b app-3',
    'c app-2',
  ]);
  expect(seen[1]?.tried).toEqual(['10.0.0.9:3000', 'app-3']);
});

test('each file of instances is the log of the instance with that name', () => {
  writeFileSync(file('instances', 'app-2.log'), '');
  writeFileSync(file('instances', 'app-1.log'), '');
  writeFileSync(file('instances', 'notes.txt'), '');
  expect(logFolder(folder).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'app-1 instance',
    'app-2 instance',
  ]);
});

test('a folder without a log is an error that says what to do', () => {
  expect(() => logFolder(folder)).toThrow(
    /expected balancer\/access\.log or instances\/NAME\.log .* Start the stack/,
  );
});
