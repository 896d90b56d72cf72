import type { S3 } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { StoreUnavailable } from './failures.ts';
import { connectPictures, FORM_SECONDS, MAX_BYTES, Pictures } from './pictures.ts';

const AWS = {
  S3_BUCKET: 'cards',
  S3_REGION: 'eu-central-1',
  S3_CREDENTIALS: 'KEY:secret',
  PUBLIC_URL: 'https://cards.example.com',
};
const OLD = 'the secret before it was replaced';
const NEW = 'the secret that replaced it';
const PURPOSE = { user: 'eve@example.test', card: 'c1' };

async function pictures(env: Record<string, string> = {}): Promise<Pictures> {
  const found = await connectPictures(readConfig({ ...AWS, ...env }));
  if (found === undefined) throw new Error('expected pictures, as there is a bucket');
  return found;
}

test('the form of an upload to S3 limits key, size, type, redirect and time', async () => {
  const before = Date.now();
  const { url, fields } = await (await pictures()).form(PURPOSE);
  expect(url).toBe('https://cards.s3.eu-central-1.amazonaws.com');
  const { conditions, expiration } = JSON.parse(Buffer.from(fields['Policy'] ?? '', 'base64').toString());
  expect(conditions).toEqual(
    expect.arrayContaining([
      { bucket: 'cards' },
      { key: expect.stringMatching(/^uploads\/[\w-]{22}\.[\w-]{43}$/) },
      { 'Content-Type': 'image/*' },
      { success_action_redirect: 'https://cards.example.com/cards/c1/picture' },
      ['content-length-range', 1, MAX_BYTES],
    ]),
  );
  const seconds = (Date.parse(expiration) - before) / 1000;
  expect(seconds).toBeGreaterThan(FORM_SECONDS - 2);
  expect(seconds).toBeLessThan(FORM_SECONDS + 60);
  expect(fields['X-Amz-Credential']).toMatch(/^KEY\/\d+\/eu-central-1\/s3\/aws4_request$/);
});

test.each(['us-east-1', 'eu-central-1', 'ap-southeast-2'])(
  'the address of a bucket in %s is the one that the AWS SDK uses',
  async region => {
    const { S3 } = await import('@aws-sdk/client-s3');
    const s3 = new S3({ region, credentials: { accessKeyId: 'KEY', secretAccessKey: 'secret' } });
    const { url } = await createPresignedPost(s3, { Bucket: 'cards', Key: 'k' });
    expect(readConfig({ ...AWS, S3_REGION: region }).bucketUrl).toBe(url.replace(/\/$/, ''));
  },
);

const holding = (start: string, more: object = {}) =>
  ({
    getObject: () =>
      Promise.resolve({
        ContentRange: 'bytes 0-11/70',
        ETag: '"e1"',
        Body: { transformToByteArray: () => Promise.resolve(Buffer.from(start, 'latin1')) },
        ...more,
      }),
    copyObject: () => Promise.resolve({}),
  }) as unknown as S3;

const PNG = '\x89PNG\r\n\x1a\n\0\0\0\r';

const takenBy = (secrets: string, key: string, s3 = holding(PNG)) =>
  new Pictures(readConfig({ ...AWS, SESSION_SECRET: secrets }), s3, createPresignedPost).accept(PURPOSE, key);

test('an upload is valid under every secret that is accepted, so a secret can be replaced', async () => {
  const { fields } = await (await pictures({ SESSION_SECRET: OLD })).form(PURPOSE);
  const key = fields['key'] ?? '';
  const copy = `pictures/${key.slice(8, 30)}-e1`;
  expect(await takenBy(OLD, key)).toBe(copy);
  expect(await takenBy(`${NEW},${OLD}`, key)).toBe(copy);
  await expect(takenBy(NEW, key)).rejects.toThrow('This upload is not yours');
});

test.each([
  ['a JPEG', '\xff\xd8\xff\xe0 and so on'],
  ['a PNG', PNG],
  ['a WebP', 'RIFF\x24\0\0\0WEBPVP8 '],
])('%s is a picture', async (_what, start) => {
  const { fields } = await (await pictures({ SESSION_SECRET: OLD })).form(PURPOSE);
  expect(await takenBy(OLD, fields['key'] ?? '', holding(start))).toContain('pictures/');
});

test.each([
  ['a page', '<!doctype html>', {}, 'no JPEG, PNG or WebP picture'],
  ['an SVG, which may hold scripts', '<svg xmlns="', {}, 'no JPEG, PNG or WebP picture'],
  ['another RIFF file', 'RIFF\x24\0\0\0WAVEfmt ', {}, 'no JPEG, PNG or WebP picture'],
  ['a file that contains a PNG', `x${PNG}`, {}, 'no JPEG, PNG or WebP picture'],
  ['nothing', '', {}, 'no JPEG, PNG or WebP picture'],
  ['a large file', PNG, { ContentRange: `bytes 0-11/${MAX_BYTES + 1}` }, 'at most 5 MiB'],
  ['a file of unknown size', PNG, { ContentRange: 'bytes 0-11/*' }, 'at most 5 MiB'],
])('%s is refused', async (_what, start, more, message) => {
  const { fields } = await (await pictures({ SESSION_SECRET: OLD })).form(PURPOSE);
  await expect(takenBy(OLD, fields['key'] ?? '', holding(start, more))).rejects.toThrow(message);
});

test('a bucket that stops in the middle of its response is unavailable', async () => {
  const { fields } = await (await pictures({ SESSION_SECRET: OLD })).form(PURPOSE);
  const cut = { Body: { transformToByteArray: () => Promise.reject(new Error('aborted')) } };
  await expect(takenBy(OLD, fields['key'] ?? '', holding(PNG, cut))).rejects.toThrow(StoreUnavailable);
});
