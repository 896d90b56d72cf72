/** Runs the conformance suite on published stores, and compares the results with docs/store-conformance.md. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import connectMemcached from 'connect-memcached';
import connectPgSimple from 'connect-pg-simple';
import { RedisStore } from 'connect-redis';
import session, { type SessionData } from 'express-session';
import { Redis } from 'ioredis';
import createMemoryStore from 'memorystore';
import { Pool } from 'pg';
import sessionFileStore from 'session-file-store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTables } from '../app/database.ts';
import { RedisAttributesStore } from '../app/stores/redis-attributes.ts';
import { RedisLockedStore } from '../app/stores/redis-locked.ts';
import { type BackingServer, startRedis, startServer } from '../stack/servers.ts';
import { whyWithout } from '../stack/testing/servers.ts';
import { LONG } from '../tests/long.ts';
import { judgeStore, STORE_GUARANTEES, type StoreUnderTest, storeConformance } from './index.ts';

const DOCS = readFileSync(join(import.meta.dirname, '../docs/store-conformance.md'), 'utf8');

const withoutPostgres = whyWithout('PostgreSQL', 'postgres');
const withoutMemcached = whyWithout('memcached', 'memcached');
let redis: BackingServer;
let postgres: BackingServer | undefined;
let memcached: BackingServer | undefined;
let folder: string;
const clients: Redis[] = [];
const pools: Pool[] = [];

beforeAll(async () => {
  [redis, postgres, memcached] = await Promise.all([
    startRedis(),
    withoutPostgres === '' ? startServer('postgres') : undefined,
    withoutMemcached === '' ? startServer('memcached') : undefined,
  ]);
  folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await Promise.all(pools.map(pool => pool.end()));
  await Promise.all([redis?.dispose(), postgres?.dispose(), memcached?.dispose()]);
  rmSync(folder, { recursive: true, force: true });
});

const client = () => {
  const opened = new Redis(redis.url);
  clients.push(opened);
  return opened;
};

const STORES: (StoreUnderTest & { skip?: string })[] = [
  { name: 'redis-attributes', open: () => new RedisAttributesStore({ client: client() }) },
  {
    name: 'redis-locked',
    open: () => {
      const times = { lockMs: 30_000, waitMs: 30_000 };
      const ttl = ({ cookie }: SessionData) => (cookie.maxAge ?? 0) / 1000;
      return new RedisLockedStore({ client: client(), ttl, ...times });
    },
  },
  { name: 'connect-redis', open: () => new RedisStore({ client: client() }) },
  {
    name: 'connect-pg-simple',
    skip: withoutPostgres,
    open: async () => {
      const pool = new Pool({ connectionString: postgres?.url });
      pools.push(pool);
      await createTables(pool);
      return new (connectPgSimple(session))({ pool, pruneSessionInterval: false });
    },
  },
  {
    name: 'connect-memcached',
    skip: withoutMemcached,
    open: () => new (connectMemcached(session))({ hosts: [memcached?.url ?? ''] }),
  },
  {
    name: 'session-file-store',
    open: () => new (sessionFileStore(session))({ path: folder, logFn: () => {} }),
  },
  { name: 'memorystore', open: () => new (createMemoryStore(session))({ checkPeriod: 60_000 }) },
];

/** `npm run test:long` tests all stores. */
const QUICK = ['redis-attributes', 'connect-redis', 'memorystore'];

describe.concurrent('the suite', () => {
  test.each(STORES.filter(({ name }) => LONG || QUICK.includes(name)))(
    'measures the guarantees of $name that docs/store-conformance.md lists',
    async ({ skip = '', ...store }) => {
      if (skip !== '') return;
      const { guarantees, tally } = await judgeStore(store);
      expect(tally.operations).toBeGreaterThan(150);
      const judgements = STORE_GUARANTEES.map(
        name => guarantees.find(({ guarantee }) => guarantee === name)?.judgement,
      );
      expect(judgements).toEqual(rowOf(store.name));
    },
  );

  test('fails only the tests of claims that do not hold, and prints the requests that prove the violation', async () => {
    const tests = new Map<string, () => Promise<void>>();
    const store = new session.MemoryStore();
    storeConformance((name, run) => tests.set(name, run), {
      name: 'ours',
      open: () => store,
      claims: ['continuity', 'no-lost-updates'],
    });
    expect([...tests.keys()]).toEqual([
      'ours: continuity',
      'ours: isolation (measured, not claimed)',
      'ours: read-your-writes (measured, not claimed)',
      'ours: monotonic-reads (measured, not claimed)',
      'ours: no-lost-updates',
      'ours: linearizability (measured, not claimed)',
      'ours: logout-final (measured, not claimed)',
      'ours: expiry (measured, not claimed)',
    ]);
    const failures: string[] = [];
    for (const [name, run] of tests)
      await run().catch((error: Error) => failures.push(`${name}: ${error.message}`));
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(
      /^ours: no-lost-updates: expected no-lost-updates to be valid, got violated: .*\nCLOBBER .*\n +1 .* add .* on app-\d/,
    );
  });

  test.runIf(LONG)('runs under node:test, as docs/store-conformance.md shows', async () => {
    const example = join(import.meta.dirname, 'testing/node-test-example.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--test',
      '--test-reporter=tap',
      example,
    ]);
    expect(stdout).toMatch(/^# pass 8$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });
});

const MARKS: Record<string, string> = { '✓': 'valid', '✗': 'violated', '?': 'unknown' };

/** Returns the results of a store from the table in docs/store-conformance.md. */
function rowOf(store: string): (string | undefined)[] {
  const row = DOCS.split('\n').find(line => line.startsWith(`| ${store} `)) ?? '';
  return row
    .split('|')
    .slice(2, -1)
    .map(cell => MARKS[cell.trim()]);
}
