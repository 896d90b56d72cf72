/** What the recorder adds of its own to what an answer says. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Interpreter } from '../core/interpret.ts';
import { runLine } from '../core/testing/picture.ts';
import { startClock } from './clock.ts';
import { HistoryFile } from './history-file.ts';
import { makeLabeller } from './labels.ts';
import { Network } from './network.ts';
import { Recorder } from './recorder.ts';
import { SessionClient } from './session-client.ts';
import { Starvation } from './starvation.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-recorder-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Asks for a page that is there, one that is broken and one that is out of reach. @returns which of them the history says were starved */
async function starved(crowded: boolean): Promise<Record<string, boolean>> {
  vi.spyOn(Starvation.prototype, 'during').mockReturnValue(crowded);
  const server = http.createServer(({ url }, response) => response.writeHead(Number(url?.slice(1))).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const network = new Network({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: {},
  });
  const label = makeLabeller();
  const pages = { login: { page: '/login' }, signedIn: { user: 'user="([^"]*)"' }, probes: [] };
  const reading = { label, userLabel: () => undefined, canary: 'bcanary', decode: (html: string) => html };
  const path = join(folder, `${crowded}.ndjson`);
  const interpreter = new Interpreter(pages, reading);
  const recorder = new Recorder(new HistoryFile(path), startClock(), runLine(), interpreter, label, () => {});
  try {
    const client = new SessionClient(network);
    const call = { client: 'c', session: 's', user: 'u', action: 'read' as const };
    for (const page of ['/200', '/500', '/503'])
      await recorder.perform(call, client, { method: 'GET', path: page });
  } finally {
    recorder.finish('complete');
    await network.close();
    server.close();
  }
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const operations = lines.map(line => JSON.parse(line)).filter(({ type }) => type === 'op');
  return Object.fromEntries(operations.map(({ path: page, starved: is = false }) => [page, is]));
}

it('marks what nobody answered in time while the machine was crowded, and nothing else', async () => {
  expect(await starved(true)).toEqual({ '/200': false, '/500': false, '/503': true });
  expect(await starved(false)).toEqual({ '/200': false, '/500': false, '/503': false });
});
