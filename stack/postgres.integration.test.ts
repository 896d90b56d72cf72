import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { groupMembers } from './process-table.ts';
import { type BackingServer, startServer } from './servers.ts';
import { whyWithout } from './testing/servers.ts';
import { until } from './wait.ts';

let dir: string;
const before = process.env['TMPDIR'];

async function connect(server: BackingServer): Promise<Client> {
  const client = new Client({ connectionString: server.url, query_timeout: 1_000 });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function ask(server: BackingServer, question: string): Promise<unknown[]> {
  const client = await connect(server);
  try {
    return (await client.query({ text: question, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

describe.skipIf(whyWithout('PostgreSQL', 'postgres') !== '')('PostgreSQL', () => {
  let server: BackingServer;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'baton-test-'));
    chmodSync(dir, 0o755); // PostgreSQL does not run as root, but must enter this folder.
    process.env['TMPDIR'] = dir;
    server = await startServer('postgres', { args: ['-c', 'max_connections=7'] });
  });
  afterAll(async () => {
    await server?.dispose();
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(dir, { recursive: true });
  });

  test('keeps data and address over restarts, in order or after a kill, also with open connections', async () => {
    const connected = await connect(server);
    await connected.query('CREATE TABLE kept (n int)');
    await connected.query('INSERT INTO kept VALUES (1)');
    await server.restart();
    await ask(server, 'INSERT INTO kept VALUES (2)');
    const other = await connect(server);
    await server.kill();
    expect(server.running()).toBe(false);
    await server.restart();
    expect(await ask(server, 'SELECT n FROM kept ORDER BY n')).toEqual([1, 2]);
    expect(await ask(server, 'SHOW max_connections')).toEqual(['7']);
    await Promise.allSettled([connected.end(), other.end()]);
  });

  test('while paused it does not respond, not even on an open connection; after a resume it does', async () => {
    const open = await connect(server);
    await server.pause();
    await expect(open.query('SELECT 1')).rejects.toThrow('timeout');
    await server.resume();
    expect(await ask(server, 'SELECT 1')).toEqual([1]);
    await server.pause();
    await server.stop();
    expect(server.running()).toBe(false);
    await open.end().catch(() => {});
    await server.restart();
  });

  test('an unknown setting: the error contains its message, and nothing is left', async () => {
    const folders = readdirSync(dir);
    const start = startServer('postgres', { args: ['-c', 'nonsense=1'] });
    await expect(start).rejects.toThrow(/postgres.*exit code 1.*nonsense/s);
    expect(readdirSync(dir)).toEqual(folders);
  });

  test('after a kill none of its processes is left; after `dispose` nothing is left', async () => {
    const pids = groupMembers(server.pid ?? 0).map(({ pid }) => pid);
    expect(pids.length).toBeGreaterThan(1);
    await server.kill();
    const gone = () => pids.every(pid => groupMembers(pid).length === 0);
    await until(gone, { withinMs: 10_000, what: 'its processes to end' });
    await server.dispose();
    expect(readdirSync(dir)).toEqual([]);
  });
});
