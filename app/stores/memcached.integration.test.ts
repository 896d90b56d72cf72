import type { MemcacheClient } from 'memcache-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis, startServer } from '../../stack/servers.ts';
import { whyWithout } from '../../stack/testing/servers.ts';
import { until } from '../../stack/wait.ts';
import { connectMemcached } from '../memcached.ts';
import { Browser } from '../testing/browser.ts';
import { expectNoRevival, expectOneSession, expectUnavailable, untilReady } from '../testing/expectations.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';
import { attributes, create, load, loadExisting, save, touch } from '../testing/sessions.ts';
import { MemcachedStore } from './memcached.ts';

describe.skipIf(whyWithout('memcached', 'memcached') !== '')('memcached', () => {
  let memcached: BackingServer;

  beforeAll(async () => {
    memcached = await startServer('memcached');
  });
  afterAll(() => memcached?.dispose());

  describe('the store', () => {
    let client: MemcacheClient;
    const open = (ttl = 60) => new MemcachedStore({ client, prefix: 'test:', ttl: () => ttl });

    beforeEach(async () => {
      client = connectMemcached(memcached.url, 5000);
      await client.cmd('flush_all');
    });
    afterEach(() => client.shutdown());

    test('keeps whole sessions with any content', async () => {
      const store = open();
      const held = { user: 'alice', text: 'ä "quoted" \r\n \u0000 🎴', list: [1, null, { a: true }] };
      await save(create(store, 'a', held));
      expect(attributes(await load(store, 'a'))).toEqual(held);
      expect(await load(store, 'b')).toBeUndefined();
    });

    test('the last of concurrent saves wins', async () => {
      const store = open();
      await save(create(store, 'a', {}));
      const [one, two] = [await loadExisting(store, 'a'), await loadExisting(store, 'a')];
      one['one'] = 1;
      two['two'] = 2;
      await save(one);
      await save(two);
      expect(attributes(await load(store, 'a'))).toEqual({ two: 2 });
    });

    test('neither a save nor a read revives a destroyed session', () => expectNoRevival(open(), open()));

    test.each([
      ['a second', 1],
      ['30 days', 2_592_000],
      ['a year, which memcached would read as a date in 1971', 31_536_000],
    ])('a session may live for %s, prolonged or not', async (_what, ttl) => {
      const store = open(ttl);
      await save(create(store, 'a', {}));
      await touch(store, await loadExisting(store, 'a'));
      expect(await load(store, 'a')).toBeDefined();
    });

    test('a session expires, and a read prolongs it', async () => {
      const [brief, long] = [open(1), open(60)];
      await save(create(brief, 'ends', {}));
      await save(create(brief, 'prolonged', {}));
      await touch(long, await loadExisting(brief, 'prolonged'));
      const ended = async () => (await load(brief, 'ends')) === undefined;
      await until(ended, { withinMs: 10_000, what: 'the end of the session' });
      expect(await load(brief, 'prolonged')).toBeDefined();
    });
  });

  describe('the app', () => {
    let redis: BackingServer;
    let one: TestInstance;
    let two: TestInstance;

    beforeAll(async () => {
      redis = await startRedis();
      const env = {
        SESSION_STORE: 'memcached',
        MEMCACHED_ADDRESS: memcached.url,
        STORE_TIMEOUT_MS: '500',
      };
      [one, two] = await Promise.all([
        startInProcess(redis.url, { env }),
        startInProcess(redis.url, { env }),
      ]);
    });
    afterAll(async () => {
      await Promise.all([one?.close(), two?.close(), redis?.dispose()]);
    });

    test('has one session on all instances, until the logout', () => expectOneSession([one.url, two.url]));

    test.each([
      ['silent', () => memcached.pause(), () => memcached.resume(), 200],
      ['killed', () => memcached.kill(), () => memcached.restart(), 303],
    ] as const)(
      'with the server %s: 503, no user is signed out; it recovers',
      async (_how, inject, heal, after) => {
        const browser = new Browser(one.url, two.url);
        await browser.signIn('bob');
        await inject();
        await expectUnavailable(browser, '/dashboard', '/dashboard', '/readyz', '/readyz');
        await heal();
        for (const { url } of [one, two]) {
          await untilReady(browser.at(url));
          expect((await browser.at(url).get('/dashboard')).status).toBe(after);
        }
      },
    );
  });
});
