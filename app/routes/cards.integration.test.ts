import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { Browser } from '../testing/browser.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';

const PRICE = 250;

let server: BackingServer;
let app: TestInstance;
let seller: Browser;
let buyer: Browser;

beforeAll(async () => {
  server = await startRedis();
  app = await startInProcess(server.url);
  [seller, buyer] = [new Browser(app.url), new Browser(app.url)];
  await seller.signIn('alice');
  await buyer.signIn('bob');
});

afterAll(async () => {
  await app?.close();
  await server?.dispose();
});

async function cardForSale(): Promise<string> {
  await seller.post('/basket/items', { item: 'wanted' });
  await seller.post('/basket/checkout');
  const { cards } = await seller.dashboard();
  const path = `/cards/${cards[0]?.id}`;
  expect((await seller.post(`${path}/list`, { price: String(PRICE) })).status).toBe(303);
  return path;
}

function postJson(browser: Browser, path: string, csrf: string, body: object) {
  const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
  return browser.request(path, { method: 'POST', body: JSON.stringify(body), headers });
}

test.each(['/cards', '/basket'])(
  'below %s, only a POST needs a form token; an unknown path is 404',
  async at => {
    const { csrf } = await buyer.dashboard();
    for (const [path, method, token, status] of [
      [at, 'GET', '', 404],
      [`${at}/c1/x`, 'GET', '', 404],
      [`${at}/c1/x`, 'POST', csrf, 404],
      [`${at}/c1/x`, 'POST', '', 403],
      [at, 'POST', '', 403],
    ] as const) {
      const answer = await buyer.request(path, { method, headers: { 'x-csrf-token': token } });
      expect([path, method, answer.status]).toEqual([path, method, status]);
    }
  },
);

describe('a malformed price is refused with 422 and buys nothing', () => {
  let path: string;

  beforeAll(async () => {
    path = await cardForSale();
  });

  test.each(['', 'abc', '-250', '250.0', '1e3', ' 250', '0', '99999999'])('in a form: %j', async price => {
    const answer = await buyer.post(`${path}/buy`, { price });
    expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('whole number of credits')]);
    expect(await buyer.dashboard()).toMatchObject({ balance: 1000, cards: [] });
  });

  test.each([[null], [true], [['250']], [{ value: 250 }], [249.5], [-1]])('in JSON: %j', async price => {
    const { csrf } = await buyer.dashboard();
    expect((await postJson(buyer, `${path}/buy`, csrf, { price })).status).toBe(422);
    expect(await buyer.dashboard()).toMatchObject({ balance: 1000, cards: [] });
  });
});

test('another price than the listed one gets 409; the listed price, as text or number, or no price buys', async () => {
  const [first, second, third] = [await cardForSale(), await cardForSale(), await cardForSale()];
  const { csrf } = await buyer.dashboard();
  expect((await buyer.post(`${first}/buy`, { price: String(PRICE - 1) })).status).toBe(409);
  expect((await buyer.post(`${first}/buy`, { price: String(PRICE) })).status).toBe(303);
  expect((await postJson(buyer, `${second}/buy`, csrf, { price: PRICE })).status).toBe(303);
  expect((await buyer.post(`${third}/buy`)).status).toBe(303);
  expect((await buyer.dashboard()).balance).toBe(1000 - 3 * PRICE);
});
