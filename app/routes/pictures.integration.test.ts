/** Tests pictures on two instances, and which uploads the bucket refuses. */
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BackingServer, startRedis, startServer } from '../../stack/servers.ts';
import { whyWithout } from '../../stack/testing/servers.ts';
import { FORM_SECONDS, MAX_BYTES, type UploadForm } from '../pictures.ts';
import { type Answer, Browser } from '../testing/browser.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';
import { JPEG, PNG, WEBP } from '../testing/pictures.ts';

const PUBLIC_URL = 'https://cards.example.test';

let server: BackingServer;
let store: BackingServer;
let one: TestInstance;
let two: TestInstance;
let alice: Browser;
const more: TestInstance[] = [];

async function instance(env: Record<string, string> = {}): Promise<TestInstance> {
  const started = await startInProcess(server.url, { env: { ...store.addresses, PUBLIC_URL, ...env } });
  more.push(started);
  return started;
}

async function withCard(user: string, at: TestInstance): Promise<[Browser, string]> {
  const browser = new Browser(at.url);
  await browser.signIn(user);
  return [browser, await newCard(browser)];
}

async function newCard(browser: Browser): Promise<string> {
  await browser.post('/basket/items', { item: 'wanted' });
  const answer = await browser.post('/basket/checkout', {}, { accept: 'application/json' });
  return `/cards/${JSON.parse(answer.text).cards[0].id}`;
}

interface Sent {
  status: number;
  text: string;
  location: URL | null;
}

async function upload(form: UploadForm, file: Uint8Array<ArrayBuffer>, other: object = {}): Promise<Sent> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...form.fields, ...other })) body.append(name, value);
  body.append('file', new Blob([file]), 'picture');
  const response = await fetch(form.url, { method: 'POST', body, redirect: 'manual' });
  const location = URL.parse(response.headers.get('location') ?? '');
  return { status: response.status, text: await response.text(), location };
}

async function formOf(browser: Browser, card: string): Promise<UploadForm> {
  return (await browser.read<{ upload: UploadForm }>(`${card}/picture`)).upload;
}

async function uploaded(
  browser: Browser,
  card: string,
  file: Uint8Array<ArrayBuffer> = PNG,
): Promise<string> {
  const { status, location } = await upload(await formOf(browser, card), file);
  expect([status, location?.origin, location?.pathname]).toEqual([303, PUBLIC_URL, `${card}/picture`]);
  return location?.searchParams.get('key') ?? '';
}

const confirm = (browser: Browser, card: string, key: string): Promise<Answer> =>
  browser.post(`${card}/picture`, { key });

async function pictureOf(browser: Browser, card: string): Promise<Response> {
  const { cards } = await browser.dashboard();
  const picture = cards.find(({ id }) => card.endsWith(id))?.picture;
  if (picture === undefined) throw new Error(`expected a picture of ${card}, found none`);
  return fetch(picture);
}

const skip = whyWithout('SeaweedFS', 'weed');

describe.skipIf(skip !== '')('a picture', () => {
  beforeAll(async () => {
    [server, store] = await Promise.all([startRedis(), startServer('pictures')]);
    [one, two] = [await instance({ INSTANCE_ID: 'app-1' }), await instance({ INSTANCE_ID: 'app-2' })];
    alice = new Browser(one.url);
    await alice.signIn('alice');
  });

  afterAll(async () => {
    for (const { close } of more) await close();
    await store?.dispose();
    await server?.dispose();
  });

  test.each([
    ['image/png', PNG],
    ['image/jpeg', JPEG],
    ['image/webp', WEBP],
  ])('signed on one instance is taken on the other, also twice: %s', async (type, file) => {
    const card = await newCard(alice);
    const key = await uploaded(alice, card, file);
    const elsewhere = alice.at(two.url);
    const page = await elsewhere.get(`${card}/picture?key=${key}`);
    expect(page.text).toContain(`name="key" value="${key}"`);
    await expect(pictureOf(elsewhere, card)).rejects.toThrow('found none');
    const answers = await Promise.all([confirm(elsewhere, card, key), confirm(alice, card, key)]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect((await confirm(alice, card, key)).status).toBe(303);
    const shown = await pictureOf(elsewhere, card);
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, type]);
    expect(shown.headers.get('cache-control')).toContain('immutable');
    expect(new Uint8Array(await shown.arrayBuffer())).toEqual(file);
  });

  test('stays as it was checked, although the browser uploads something else with the same form', async () => {
    const card = await newCard(alice);
    const form = await formOf(alice, card);
    const { location } = await upload(form, PNG);
    const key = location?.searchParams.get('key') ?? '';
    await confirm(alice, card, key);
    expect((await upload(form, new Uint8Array(99))).status).toBe(303);
    expect((await confirm(alice, card, key)).status).toBe(422);
    expect(new Uint8Array(await (await pictureOf(alice, card)).arrayBuffer())).toEqual(PNG);
  });

  test('is shown to visitors, from the store that the policy of the page names', async () => {
    const card = await newCard(alice);
    await confirm(alice, card, await uploaded(alice, card));
    await alice.dashboard();
    await alice.post(`${card}/list`, { price: '5' });
    const page = await new Browser(two.url).get('/market');
    const { S3_ENDPOINT: origin = '' } = store.addresses;
    expect(page.text).toContain(`<img src="${origin}/cards/pictures/`);
    const policy = page.headers.get('content-security-policy')?.split(';');
    expect(policy).toEqual(
      expect.arrayContaining([`img-src 'self' ${origin}`, `form-action 'self' ${origin}`]),
    );
    expect(policy).toEqual(expect.arrayContaining(["default-src 'self'", "script-src 'none'"]));
  });

  test('has a key that no other user, card or guess can use', async () => {
    const card = await newCard(alice);
    const key = await uploaded(alice, card);
    const [bob, bobs] = await withCard('bob', two);
    expect((await bob.get(`${card}/picture`)).status).toBe(404);
    const guess = key.replace(/\/.{22}/, `/${'A'.repeat(22)}`);
    for (const [browser, at, tried] of [
      [bob, card, key],
      [bob, bobs, key],
      [alice, await newCard(alice), key],
      [alice, card, guess],
      [alice, card, `${key}A`],
      [alice, card, ''],
    ] as const) {
      const { status, text } = await confirm(browser, at, tried);
      expect([status, text]).toEqual([404, expect.stringContaining('This upload is not yours')]);
    }
    const keys = await Promise.all(Array.from({ length: 20 }, () => formOf(alice, card)));
    expect(new Set(keys.map(({ fields }) => fields['key'])).size).toBe(20);
  });

  test('for a card that was sold meanwhile is refused, and the card keeps its look', async () => {
    const card = await newCard(alice);
    const key = await uploaded(alice, card);
    await alice.post(`${card}/list`, { price: '1' });
    const bob = new Browser(two.url);
    await bob.signIn('bob');
    expect((await bob.post(`${card}/buy`)).status).toBe(303);
    expect((await confirm(alice, card, key)).status).toBe(404);
    await expect(pictureOf(bob, card)).rejects.toThrow('found none');
  });

  test.each([
    ['with another type', { 'Content-Type': 'text/html' }, 403],
    ['to another key', { key: 'uploads/another' }, 403],
    ['beside the other pictures', { key: 'pictures/another' }, 403],
    ['with another redirect', { success_action_redirect: 'https://evil.example.test' }, 403],
    ['with another signature', { 'X-Amz-Signature': '0'.repeat(64) }, 403],
  ])('that is sent %s is refused by the store', async (_what, other, status) => {
    const form = await formOf(alice, await newCard(alice));
    expect((await upload(form, PNG, other)).status).toBe(status);
  });

  test('that is sent with an expired form is refused by the store', async () => {
    const card = await newCard(alice);
    vi.setSystemTime(Date.now() - (FORM_SECONDS + 1) * 1000);
    const form = await formOf(alice, card).finally(() => vi.useRealTimers());
    const { status, text } = await upload(form, PNG);
    expect([status, text]).toEqual([403, expect.stringContaining('expired')]);
  });

  test('that is too large or empty is refused by the store', async () => {
    const form = await formOf(alice, await newCard(alice));
    const sizes = [MAX_BYTES, MAX_BYTES + 1, 0].map(size => new Uint8Array(size));
    const sent = await Promise.all(sizes.map(file => upload(form, file)));
    expect(sent.map(({ status }) => status)).toEqual([303, 400, 400]);
    expect(sent[1]?.text).toContain('EntityTooLarge');
  });

  test('that the store takes, but is no picture or too large, is refused by the app', async () => {
    const card = await newCard(alice);
    const html = await confirm(alice, card, await uploaded(alice, card, Buffer.from('<script>1</script>')));
    expect([html.status, html.text]).toEqual([422, expect.stringContaining('no JPEG, PNG or WebP picture')]);
    const key = await uploaded(alice, card);
    // Uploads with the access key, because the signed form does not allow such a large file.
    const [accessKeyId = '', secretAccessKey = ''] = store.addresses['S3_CREDENTIALS']?.split(':') ?? [];
    const endpoint = store.addresses['S3_ENDPOINT'] ?? '';
    const s3 = new S3({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    const Body = new Uint8Array(MAX_BYTES + 1);
    Body.set(PNG);
    await s3.putObject({ Bucket: 'cards', Key: key, Body });
    s3.destroy();
    expect((await confirm(alice, card, key)).status).toBe(413);
  });

  test.each(['?key=', '?key=a&key=b', '?key[a]=b', '?other=a'])(
    'is uploaded with the form, which the page shows without a key: %s',
    async query => {
      const { status, text } = await alice.get(`${await newCard(alice)}/picture${query}`);
      expect([status, text]).toEqual([200, expect.stringContaining('type="file"')]);
    },
  );

  test('that was never uploaded is refused, and can be uploaded later', async () => {
    const card = await newCard(alice);
    const form = await formOf(alice, card);
    const key = form.fields['key'] ?? '';
    const refused = await confirm(alice, card, key);
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('Upload it again')]);
    await upload(form, PNG);
    expect((await confirm(alice, card, key)).status).toBe(303);
  });

  test('cannot be read by visitors before it is checked', async () => {
    const card = await newCard(alice);
    const key = await uploaded(alice, card);
    expect((await fetch(`${store.addresses['S3_ENDPOINT']}/cards/${key}`)).status).toBe(403);
  });

  test('gets 503 while the store does not respond, and is accepted afterwards', async () => {
    const impatient = await instance({ STORE_TIMEOUT_MS: '300' });
    const card = await newCard(alice);
    const key = await uploaded(alice, card);
    const browser = alice.at(impatient.url);
    await store.pause();
    try {
      expect((await confirm(browser, card, key)).status).toBe(503);
      expect((await browser.get('/dashboard')).status).toBe(200);
    } finally {
      await store.resume();
    }
    expect((await confirm(alice, card, key)).status).toBe(303);
  });
});

test('without a bucket there are no pictures, and pages load nothing from elsewhere', async () => {
  const redis = await startRedis();
  const plain = await startInProcess(redis.url);
  try {
    const [browser] = await withCard('carol', plain);
    const page = await browser.get('/dashboard');
    expect(page.text).not.toContain('/picture');
    expect(page.headers.get('content-security-policy')).toContain("img-src 'self';form-action 'self';");
  } finally {
    await plain.close();
    await redis.dispose();
  }
});
