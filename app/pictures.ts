/**
 * Keeps the pictures of cards in an S3 bucket, to which browsers upload with a signed form. A browser can repeat an
 * upload until the form expires, so the app copies accepted pictures to a second key.
 */
import { randomBytes } from 'node:crypto';
import type { S3, S3ServiceException } from '@aws-sdk/client-s3';
import type { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import type { Config } from './config.ts';
import { Refusal, StoreUnavailable } from './failures.ts';
import { createSigner, type Signer } from './secrets.ts';

export const MAX_BYTES = 5 * 1024 * 1024;
export const FORM_SECONDS = 600;

/** Allowed media types, each with the first bytes of its files in hexadecimal. */
const TYPES: readonly [type: string, start: RegExp][] = [
  ['image/jpeg', /^ffd8ff/],
  ['image/png', /^89504e470d0a1a0a/],
  // A WebP file begins with RIFF, its size in 4 bytes, and WEBP.
  ['image/webp', /^52494646.{8}57454250/],
];
const START_BYTES = 12;

/** A signed upload form. The browser must append the field `file` to the form's fields. */
export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Purpose {
  readonly user: string;
  readonly card: string;
}

type Settings = Pick<Config, 'bucket' | 'bucketUrl' | 'publicUrl' | 'secrets' | 'storeTimeoutMs'>;

/** Returns the configured bucket; undefined if there is none. */
export async function connectPictures(config: Config): Promise<Pictures | undefined> {
  if (config.bucket === '') return undefined;
  const { S3 } = await import('@aws-sdk/client-s3');
  const { createPresignedPost } = await import('@aws-sdk/s3-presigned-post');
  const s3 = new S3({
    region: config.bucketRegion,
    ...(config.bucketEndpoint !== '' && { endpoint: config.bucketEndpoint, forcePathStyle: true }),
    ...(config.bucketCredentials && { credentials: config.bucketCredentials }),
  });
  return new Pictures(config, s3, createPresignedPost);
}

/** Uploads and accepts pictures. All methods throw StoreUnavailable if the bucket does not respond. */
export class Pictures {
  readonly #settings: Settings;
  readonly #s3: S3;
  readonly #presign: typeof createPresignedPost;
  readonly #signer: Signer;

  constructor(settings: Settings, s3: S3, presign: typeof createPresignedPost) {
    this.#settings = settings;
    this.#s3 = s3;
    this.#presign = presign;
    this.#signer = createSigner(settings.secrets, 'picture');
  }

  /**
   * Returns a form that uploads one picture for a card. The signed key includes user and card, so every instance can
   * check the upload.
   */
  async form({ user, card }: Purpose): Promise<UploadForm> {
    const { bucket, bucketUrl, publicUrl } = this.#settings;
    const id = randomBytes(16).toString('base64url');
    const signing = this.#presign(this.#s3, {
      Bucket: bucket,
      Key: `uploads/${id}.${this.#signer.sign(claim(user, card, id))}`,
      Expires: FORM_SECONDS,
      Conditions: [['content-length-range', 1, MAX_BYTES]],
      Fields: {
        // A browser without scripts cannot put the file's type into the form, so the upload's content is checked
        // later.
        'Content-Type': 'image/*',
        // After the upload, the bucket redirects the browser to this URL with 303, and adds the parameter `key`.
        success_action_redirect: `${publicUrl}/cards/${card}/picture`,
      },
    });
    const { fields } = await answered(signing);
    return { url: bucketUrl, fields };
  }

  /**
   * Checks an upload and copies the picture. Returns the key of the copy, which depends only on the upload. Throws
   * Refusal 404 if the key was not signed for this user and card, 409 if the upload is missing or changes, 413 if the
   * file is too large, and 422 if the file is no picture.
   */
  async accept({ user, card }: Purpose, key: string): Promise<string> {
    const [, id = '', signature = ''] = /^uploads\/([\w-]{22})\.([\w-]{43})$/.exec(key) ?? [];
    if (!this.#signer.accepts(claim(user, card, id), signature)) throw notYours();
    const Bucket = this.#settings.bucket;
    // Reads size and content in one request, because the browser could replace the upload between two requests.
    const found = await answered(
      this.#s3.getObject({ Bucket, Key: key, Range: `bytes=0-${START_BYTES - 1}` }, this.#deadline()),
    );
    const bytes = await answered(found.Body?.transformToByteArray());
    const start = Buffer.from(bytes ?? []).toString('hex');
    const size = Number(found.ContentRange?.split('/')[1] ?? found.ContentLength);
    if (!(size <= MAX_BYTES)) throw tooLarge();
    const [type] = TYPES.find(([, pattern]) => pattern.test(start)) ?? [];
    if (type === undefined) throw noPicture();
    const copy = `pictures/${id}-${found.ETag?.replaceAll(/\W/g, '')}`;
    await answered(
      this.#s3.copyObject(
        {
          Bucket,
          Key: copy,
          CopySource: `${Bucket}/${key}`,
          CopySourceIfMatch: found.ETag,
          MetadataDirective: 'REPLACE',
          ContentType: type,
          CacheControl: 'public, max-age=31536000, immutable',
        },
        this.#deadline(),
      ),
    );
    return copy;
  }

  #deadline(): { abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.timeout(this.#settings.storeTimeoutMs) };
  }
}

const claim = (user: string, card: string, id: string) => JSON.stringify([user, card, id]);

async function answered<T>(response: T | Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (cause) {
    const { name } = cause as S3ServiceException;
    if (name === 'NoSuchKey')
      throw new Refusal(409, 'No picture was uploaded with this form. Upload it again.');
    if (name === 'PreconditionFailed')
      throw new Refusal(409, 'The picture was uploaded again during its check. Send this form once more.');
    throw new StoreUnavailable(cause);
  }
}

function notYours(): Refusal {
  return new Refusal(404, 'This upload is not yours, or not for this card. Upload the picture again.');
}

function tooLarge(): Refusal {
  return new Refusal(413, `A picture has at most ${MAX_BYTES / 1024 / 1024} MiB. Upload a smaller one.`);
}

function noPicture(): Refusal {
  return new Refusal(422, 'This file is no JPEG, PNG or WebP picture. Upload another one.');
}
