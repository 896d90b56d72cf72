import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis, startServer } from '../../stack/servers.ts';
import { whyWithout } from '../../stack/testing/servers.ts';
import { MAX_ITEMS } from '../basket.ts';
import { createTables } from '../database.ts';
import { Browser } from '../testing/browser.ts';
import { expectOneSession, untilReady } from '../testing/expectations.ts';
import { startInProcess, startProcess, type TestInstance } from '../testing/instance.ts';

const missing = whyWithout('PostgreSQL', 'postgres');

describe.skipIf(missing !== '')('PostgreSQL', () => {
  let redis: BackingServer;
  let postgres: BackingServer;
  let pool: Pool;
  let env: Record<string, string>;

  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startServer('postgres')]);
    pool = new Pool({ connectionString: postgres.url });
    pool.on('error', () => {});
    env = { DATABASE_URL: postgres.url, SESSION_STORE: 'postgres', STORE_TIMEOUT_MS: '1000' };
  });

  afterAll(async () => {
    await pool?.end();
    await Promise.all([redis?.dispose(), postgres?.dispose()]);
  });

  test('any number of instances that start at once can create the tables', async () => {
    await Promise.all(Array.from({ length: 10 }, () => createTables(pool)));
    const { rows } = await pool.query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
    );
    expect(rows.map(row => row.tablename)).toEqual(['basket_item', 'session']);
  });

  test('the app as it ships starts on it, serves, and stops in order', async () => {
    const app = await startProcess(redis.url, { ...env, BASKET_STORE: 'postgres', DRAIN_MS: '0' });
    const browser = new Browser(app.url);
    await untilReady(browser);
    await browser.signIn('dave');
    expect((await browser.post('/basket/items', { item: 'tea' })).status).toBe(303);
    expect((await browser.dashboard()).basket).toEqual(['tea']);
    app.signal('SIGTERM');
    expect(await app.ended).toBe(0);
  });

  describe('sessions', () => {
    let one: TestInstance;
    let two: TestInstance;

    beforeEach(async () => {
      [one, two] = await Promise.all([
        startInProcess(redis.url, { env }),
        startInProcess(redis.url, { env }),
      ]);
    });
    afterEach(async () => {
      await postgres.resume().catch(() => {});
      if (!postgres.running()) await postgres.restart();
      await Promise.all([one?.close(), two?.close()]);
    });

    test('are known to all instances until the logout, which ends them', () =>
      expectOneSession([one.url, two.url]));

    test('end when idle, and absolutely', async () => {
      const brief = await startInProcess(redis.url, {
        env: { ...env, SESSION_IDLE_SECONDS: '100', SESSION_ABSOLUTE_SECONDS: '150' },
      });
      const browser = new Browser(brief.url);
      await browser.signIn('alice');
      const left =
        'SELECT extract(epoch FROM max(expire) - localtimestamp) AS seconds FROM session WHERE expire <';
      const { rows } = await pool.query(`${left} localtimestamp + interval '102 s'`);
      expect(Number(rows[0].seconds)).toBeGreaterThan(90);
      await pool.query(
        `UPDATE session SET sess = jsonb_set(sess::jsonb, '{signedInAt}', to_jsonb($1::bigint))`,
        [Date.now() - 151_000],
      );
      expect((await browser.get('/dashboard')).status).toBe(303);
      await brief.close();
    });

    test.each([
      ['killed', () => postgres.kill(), () => postgres.restart()],
      ['silent', () => postgres.pause(), () => postgres.resume()],
    ] as const)('with the server %s: 503, no user is signed out; it recovers', async (_how, inject, heal) => {
      const browser = new Browser(one.url, two.url);
      await browser.signIn('bob');
      await browser.post('/basket/items', { item: 'before' });
      await inject();
      const asked = ['/dashboard', '/dashboard', '/readyz', '/readyz'].map(path => browser.get(path));
      const answers = await Promise.all([...asked, browser.post('/logout')]);
      expect(answers.map(({ status, setCookies }) => [status, setCookies])).toEqual(
        answers.map(() => [503, []]),
      );
      expect(JSON.parse((await browser.get('/readyz')).text).reason).toBe('PostgreSQL does not respond');
      await heal();
      for (const { url } of [one, two]) {
        await untilReady(browser.at(url));
      }
      expect((await browser.dashboard()).basket).toEqual(['before']);
    });
  });

  describe('baskets', () => {
    let one: TestInstance;
    let two: TestInstance;
    let paying = Promise.withResolvers<void>();
    let paid = Promise.withResolvers<void>();

    const pay = () => {
      paying.resolve();
      return paid.promise;
    };

    beforeAll(async () => {
      const options = { env: { ...env, BASKET_STORE: 'postgres' } };
      [one, two] = await Promise.all([
        startInProcess(redis.url, options),
        startInProcess(redis.url, options),
      ]);
    });
    beforeEach(async () => {
      [paying, paid] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      await pool.query('DELETE FROM basket_item');
    });
    afterAll(() => Promise.all([one?.close(), two?.close()]));

    async function signedIn(user: string, at = [one, two]): Promise<Browser> {
      const browser = new Browser(...at.map(({ url }) => url));
      await browser.signIn(user);
      return browser;
    }

    test('belong to the user: all sessions of the user see them, and other users do not', async () => {
      const [phone, laptop, other] = [
        await signedIn('alice'),
        await signedIn('alice'),
        await signedIn('bob'),
      ];
      await phone.post('/basket/items', { item: 'tea' });
      await laptop.post('/basket/items', { item: 'milk' });
      await laptop.post('/basket/items', { item: 'tea' });
      expect((await phone.dashboard()).basket).toEqual(['tea', 'milk']);
      expect((await other.dashboard()).basket).toEqual([]);
      await phone.post('/basket/remove', { item: 'tea' });
      expect((await laptop.dashboard()).basket).toEqual(['milk']);
    });

    test('keep every one of concurrent changes', async () => {
      const browser = await signedIn('alice');
      const items = Array.from({ length: 40 }, (_, i) => `card ${i}`);
      const answers = await Promise.all(items.map(item => browser.post('/basket/items', { item })));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
      expect((await browser.dashboard()).basket.toSorted()).toEqual(items.toSorted());
    });

    test(`hold ${MAX_ITEMS} cards and no more; adding an item twice is no error`, async () => {
      await pool.query(
        `INSERT INTO basket_item SELECT 'alice@example.test', 'card ' || i, 0, 'c' || i FROM generate_series(1, $1) i`,
        [MAX_ITEMS - 1],
      );
      const browser = await signedIn('alice');
      const add = async (item: string) => (await browser.post('/basket/items', { item })).status;
      expect([await add('last'), await add('too many'), await add('last')]).toEqual([303, 409, 303]);
      expect((await browser.dashboard()).basket).toHaveLength(MAX_ITEMS);
    });

    test('an invalid inscription is refused', async () => {
      const browser = await signedIn('alice');
      expect((await browser.post('/basket/items', { item: 'a/b' })).status).toBe(422);
    });

    test.each(['postgres', 'connect-redis', 'redis-attributes'])(
      'with sessions in %s a logout during the payment is final, and the checkout charges once',
      async SESSION_STORE => {
        const stores = { env: { ...env, BASKET_STORE: 'postgres', SESSION_STORE } };
        const [slow, other] = await Promise.all([
          startInProcess(redis.url, { ...stores, pay }),
          startInProcess(redis.url, stores),
        ]);
        const browser = await signedIn('carol', [slow, other]);
        const { balance, cards } = await browser.dashboard();
        await browser.post('/basket/items', { item: 'tea' });
        const cookie = `sid=${await browser.cookie('sid')}`;
        const checkout = browser.at(slow.url).post('/basket/checkout');
        await paying.promise;
        expect((await browser.at(other.url).post('/logout')).status).toBe(303);
        paid.resolve();
        expect((await checkout).status).toBe(303);
        for (const { url } of [slow, other])
          expect((await new Browser(url).get('/dashboard', { cookie })).status).toBe(303);
        const after = await (await signedIn('carol', [slow, other])).dashboard();
        expect([after.balance, after.basket, after.cards.length]).toEqual([
          balance - 5,
          [],
          cards.length + 1,
        ]);
        await Promise.all([slow.close(), other.close()]);
      },
    );
  });
});
