/** Tests a slow checkout with concurrent requests in the same session. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { Browser } from '../testing/browser.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';

let server: BackingServer;
let slow: TestInstance;
let other: TestInstance;
let paying = Promise.withResolvers<void>();
let paid = Promise.withResolvers<void>();

beforeAll(async () => {
  server = await startRedis();
  const pay = () => {
    paying.resolve();
    return paid.promise;
  };
  slow = await startInProcess(server.url, { pay });
  other = await startInProcess(server.url);
});

afterAll(async () => {
  await slow?.close();
  await other?.close();
  await server?.dispose();
});

async function checkingOut(user: string) {
  [paying, paid] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const atSlow = new Browser(slow.url);
  await atSlow.signIn(user);
  await atSlow.post('/basket/items', { item: 'first' });
  const atOther = atSlow.at(other.url);
  const checkout = atSlow.post('/basket/checkout');
  await paying.promise;
  return { atOther, checkout, cookie: `sid=${await atSlow.cookie('sid')}` };
}

test('an item that is added during the payment stays in the basket', async () => {
  const { atOther, checkout } = await checkingOut('alice');
  await atOther.post('/basket/items', { item: 'second' });
  paid.resolve();
  expect((await checkout).status).toBe(303);
  const after = await atOther.dashboard();
  expect(after.basket).toEqual(['second']);
  expect(after.cards.map(card => card.text)).toEqual(['first']);
});

test('a concurrent checkout on another instance charges once', async () => {
  const { atOther, checkout } = await checkingOut('bob');
  expect((await atOther.post('/basket/checkout')).status).toBe(303);
  paid.resolve();
  expect((await checkout).status).toBe(303);
  const after = await atOther.dashboard();
  expect([after.balance, after.basket, after.cards.length]).toEqual([995, [], 1]);
});

test('a logout during the payment is final: 409, and the session stays ended', async () => {
  const { atOther, checkout, cookie } = await checkingOut('carol');
  expect((await atOther.post('/logout')).status).toBe(303);
  paid.resolve();
  const answer = await checkout;
  expect([answer.status, answer.setCookies]).toEqual([409, []]);
  expect(answer.text).toContain('Your session ended while this request ran');
  for (const { url } of [slow, other])
    expect((await new Browser(url).get('/dashboard', { cookie })).status).toBe(303);
});
