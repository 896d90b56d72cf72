/** Tests sessions in dynalite, which imitates DynamoDB on this machine. */
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis, startServer } from '../../stack/servers.ts';
import { readConfig } from '../config.ts';
import { connectDynamoDb, readTable } from '../dynamodb.ts';
import { Browser } from '../testing/browser.ts';
import { expectNoRevival, expectOneSession, expectUnavailable, untilReady } from '../testing/expectations.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';
import { attributes, create, load, loadExisting, save, touch } from '../testing/sessions.ts';
import { DynamoDbStore } from './dynamodb.ts';
import { SessionGoneError } from './errors.ts';

let server: BackingServer;
let client: DynamoDB;
let one: DynamoDbStore;
let other: DynamoDbStore;

const settings = (env: Record<string, string> = {}) => readConfig({ ...server.addresses, ...env });
const open = (ttl: number) =>
  new DynamoDbStore({ client, table: 'baton-sessions', timeoutMs: 5_000, ttl: () => ttl });

beforeAll(async () => {
  server = await startServer('dynamodb');
  client = await connectDynamoDb(settings());
  one = open(60);
  other = open(60);
});
afterAll(async () => {
  client?.destroy();
  await server?.dispose();
});

test('another instance loads what one instance saved, whatever the names are', async () => {
  const held = {
    user: 'alice',
    list: [1, null, 'x'],
    'basket:a.b #c [0]': { text: 'ä "quoted" \r\n 🎴' },
    '': 0,
  };
  await save(create(one, 'names', held));
  expect(attributes(await loadExisting(other, 'names'))).toEqual(held);
  expect(await load(other, 'unknown')).toBeUndefined();
});

test('requests that overlap lose no change of different attributes, and no removal', async () => {
  await save(create(one, 'shared', { kept: 1, removed: 1 }));
  const requests = await Promise.all(
    Array.from({ length: 20 }, (_, i) => loadExisting(i % 2 ? one : other, 'shared')),
  );
  requests.forEach((data, i) => {
    data[`attribute:${i}`] = i;
  });
  delete requests[0]?.['removed'];
  await Promise.all(requests.map(save));
  const names = requests.map((_, i) => [`attribute:${i}`, i] as const);
  expect(attributes(await loadExisting(one, 'shared'))).toEqual({ kept: 1, ...Object.fromEntries(names) });
});

test('neither a save nor a read revives a destroyed session', () => expectNoRevival(one, other));

test('a session ends although DynamoDB still has it: no load, no save, no prolongation', async () => {
  await save(create(one, 'late', {}));
  const late = await loadExisting(one, 'late');
  await client.updateItem({
    TableName: 'baton-sessions',
    Key: { id: { S: 'late' } },
    UpdateExpression: 'SET expires = :past',
    ExpressionAttributeValues: { ':past': { N: String(Date.now() / 1000 - 1) } },
  });
  expect(await load(one, 'late')).toBeUndefined();
  await expect(save(late)).rejects.toThrow(SessionGoneError);
  await touch(one, late);
  expect(await load(one, 'late')).toBeUndefined();
});

test('a read prolongs a session', async () => {
  await save(create(one, 'read', {}));
  await touch(open(3600), await loadExisting(one, 'read'));
  const { Item } = await client.getItem({ TableName: 'baton-sessions', Key: { id: { S: 'read' } } });
  expect(Number(Item?.['expires']?.N)).toBeGreaterThan(Date.now() / 1000 + 3_000);
});

test('a table that does not exist is an error with its name', async () => {
  await expect(readTable(client, settings({ DYNAMODB_TABLE: 'other' }))).rejects.toThrow(
    'DYNAMODB_TABLE: expected a table that exists in us-east-1, got other.',
  );
});

describe('the app', () => {
  let redis: BackingServer;
  let instances: TestInstance[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    const env = { SESSION_STORE: 'dynamodb', STORE_TIMEOUT_MS: '1000', ...server.addresses };
    instances = await Promise.all([startInProcess(redis.url, { env }), startInProcess(redis.url, { env })]);
  });
  afterAll(async () => {
    await Promise.all([...instances.map(instance => instance.close()), redis?.dispose()]);
  });

  test('has one session on all instances, until the logout', () =>
    expectOneSession(instances.map(({ url }) => url)));

  test.each([
    ['killed', () => server.kill(), () => server.restart()],
    ['silent', () => server.pause(), () => server.resume()],
  ] as const)(
    'with the server %s: 503, no user is signed out; afterwards the session works',
    async (_how, inject, heal) => {
      const browser = new Browser(...instances.map(({ url }) => url));
      await browser.signIn('bob');
      await inject();
      await expectUnavailable(browser, '/dashboard', '/dashboard', '/readyz', '/readyz');
      await heal();
      for (const { url } of instances) {
        await untilReady(browser.at(url));
        expect((await browser.at(url).get('/dashboard')).status).toBe(200);
      }
    },
  );
});
