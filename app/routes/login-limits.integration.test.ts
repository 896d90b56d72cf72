import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { FAILED_LOGINS, LOGIN_WINDOW_MINUTES, REGISTRATIONS } from '../login-limits.ts';
import { type Answer, Browser } from '../testing/browser.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';
import { clients } from '../testing/sessions.ts';

const PASSWORD = 'correct-horse-battery';
const ATTACKER = '198.51.100.1';
const VICTIM = '203.0.113.7';

let server: BackingServer;
let instances: TestInstance[];
let browser: Browser;

beforeAll(async () => {
  server = await startRedis();
  const env = { LOGIN_LIMITS: 'on' };
  instances = [await startInProcess(server.url, { env }), await startInProcess(server.url, { env })];
});

beforeEach(async () => {
  const [redis] = clients(server.url, 1);
  const keys = await redis?.keys('baton:limit:*');
  if (keys?.length) await redis?.del(keys);
  redis?.disconnect();
  browser = new Browser(...instances.map(({ url }) => url));
  await browser.read('/login');
});

afterAll(async () => {
  for (const instance of instances) await instance.close();
  await server?.dispose();
});

const from = (address: string) => ({ 'x-forwarded-for': address });

function login(address: string, email: string, password: string): Promise<Answer> {
  return browser.post('/login', { email, password }, from(address));
}

async function fail(times: number, address: (i: number) => string, email: (i: number) => string) {
  for (let i = 0; i < times; i++) expect((await login(address(i), email(i), 'wrong')).status).toBe(401);
}

describe('failed logins', () => {
  test('from one address for one account: refused on every instance, with 429 and Retry-After', async () => {
    await fail(
      FAILED_LOGINS.account,
      () => ATTACKER,
      () => 'alice@example.test',
    );
    for (const _ of instances) {
      const answer = await login(ATTACKER, 'alice@example.test', PASSWORD);
      expect(answer.status).toBe(429);
      expect(answer.setCookies.filter(line => line.startsWith('sid='))).toEqual([]);
      const seconds = Number(answer.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(LOGIN_WINDOW_MINUTES * 60);
      expect(answer.text).toMatch(
        /role="alert">Too many failed logins. Try again in (a minute|\d+ minutes)\./,
      );
    }
    expect((await login(ATTACKER, 'bob@example.test', PASSWORD)).status).toBe(303);
  });

  test('from one address for many accounts: refused for every account', async () => {
    await fail(
      FAILED_LOGINS.address,
      () => ATTACKER,
      i => `user${i}@example.test`,
    );
    expect((await login(ATTACKER, 'bob@example.test', PASSWORD)).status).toBe(429);
    expect((await login(VICTIM, 'bob@example.test', PASSWORD)).status).toBe(303);
  });

  test('from other addresses never lock a user out, however many there are', async () => {
    const addresses = (i: number) => `198.51.100.${i}`;
    await fail(FAILED_LOGINS.attack + 5, addresses, () => 'alice@example.test');
    await fail(
      FAILED_LOGINS.accountUnderAttack - 1,
      () => VICTIM,
      () => 'alice@example.test',
    );
    expect((await login(VICTIM, 'alice@example.test', PASSWORD)).status).toBe(303);
  });

  test('from many addresses for one account: each address has fewer attempts', async () => {
    await fail(
      FAILED_LOGINS.attack,
      i => `198.51.100.${i}`,
      () => 'alice@example.test',
    );
    const { accountUnderAttack } = FAILED_LOGINS;
    await fail(
      accountUnderAttack,
      () => '192.0.2.1',
      () => 'alice@example.test',
    );
    expect((await login('192.0.2.1', 'alice@example.test', PASSWORD)).status).toBe(429);
  });

  test('sent at once cannot exceed the limit', async () => {
    const guesses = Array.from({ length: 3 * FAILED_LOGINS.account }, () =>
      login(ATTACKER, 'alice@example.test', 'wrong'),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter(status => status === 401)).toHaveLength(FAILED_LOGINS.account);
    expect(statuses.filter(status => status === 429)).toHaveLength(2 * FAILED_LOGINS.account);
  });

  test('are counted for an unknown account as for an existing one', async () => {
    await fail(
      FAILED_LOGINS.account,
      () => ATTACKER,
      () => 'unknown@example.test',
    );
    expect((await login(ATTACKER, 'unknown@example.test', PASSWORD)).status).toBe(429);
  });
});

describe('logins that succeed', () => {
  test('are not limited', async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < FAILED_LOGINS.address + 5; i++) {
      await browser.read('/login');
      statuses.add((await login(VICTIM, 'alice@example.test', PASSWORD)).status);
    }
    expect(statuses).toEqual(new Set([303]));
  });

  test('reset the failures of their account, and not those of others', async () => {
    await fail(
      FAILED_LOGINS.account - 1,
      () => VICTIM,
      () => 'alice@example.test',
    );
    await fail(
      FAILED_LOGINS.account,
      () => VICTIM,
      () => 'bob@example.test',
    );
    expect((await login(VICTIM, 'alice@example.test', PASSWORD)).status).toBe(303);
    await browser.read('/login');
    await fail(
      FAILED_LOGINS.account - 1,
      () => VICTIM,
      () => 'alice@example.test',
    );
    expect((await login(VICTIM, 'bob@example.test', PASSWORD)).status).toBe(429);
  });
});

test('registrations from one address: refused on every instance, with 429 and Retry-After', async () => {
  const register = (i: number, address: string) =>
    browser.post(
      '/register',
      { email: `new${i}@example.test`, name: 'New', password: 'long enough' },
      from(address),
    );
  for (let i = 0; i < REGISTRATIONS; i++) {
    expect((await register(i, ATTACKER)).status).toBe(303);
    browser.jar.removeAllCookiesSync();
    await browser.read('/register');
  }
  for (const i of [1001, 1002]) {
    const answer = await register(i, ATTACKER);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect((await register(1003, VICTIM)).status).toBe(303);
});

test('a trial has no limits', async () => {
  const trial = await startInProcess(server.url);
  const visitor = new Browser(trial.url);
  await visitor.read('/login');
  for (let i = 0; i <= FAILED_LOGINS.account; i++)
    expect((await visitor.post('/login', { email: 'alice@example.test', password: 'wrong' })).status).toBe(
      401,
    );
  await trial.close();
});
