/**
 * Keeps the pictures of cards in an S3 bucket. A browser uploads a picture straight to the bucket, with a form that the
 * app signs. The app then checks the upload, and copies it to another key, from which pages show it. So a shown picture
 * never changes, although the browser can upload again until its form expires.
 */
import { randomBytes } from 'node:crypto';
import type { S3, S3ServiceException } from '@aws-sdk/client-s3';
import type { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import type { Config } from './config.ts';
import { Refusal, StoreUnavailable } from './failures.ts';
import { createSigner, type Signer } from './secrets.ts';

/** Maximum size of a picture, bytes. */
export const MAX_BYTES = 5 * 1024 * 1024;
/** Time for which an upload form is valid, seconds. */
export const FORM_SECONDS = 600;

/** The allowed types of pictures, each with the first bytes of its files in hexadecimal. */
const TYPES: readonly [type: string, start: RegExp][] = [
  ['image/jpeg', /^ffd8ff/],
  ['image/png', /^89504e470d0a1a0a/],
  // A WebP file begins with RIFF, its size in 4 bytes, and WEBP.
  ['image/webp', /^52494646.{8}57454250/],
];
const START_BYTES = 12;

/** The upload form that a browser sends to the bucket. The browser adds the field `file` after these fields. */
export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The card to which an upload belongs, and its owner. */
export interface Purpose {
  readonly user: string;
  readonly card: string;
}

type Settings = Pick<Config, 'bucket' | 'bucketUrl' | 'publicUrl' | 'secrets' | 'storeTimeoutMs'>;

/**
 * Returns the pictures in the configured bucket. Returns undefined, and does not load the AWS SDK, if no bucket is
 * configured.
 */
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

/** All methods throw StoreUnavailable if the bucket does not respond. */
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
   * Returns a form that uploads one picture for a card. The bucket refuses an upload with another key, type or
   * redirect, a file of more than MAX_BYTES, and every upload after FORM_SECONDS. The key of the upload is signed, so
   * every instance can check for which user and card it was made.
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
        // Allows every picture type here, because a browser without scripts cannot put the type of the chosen file into
        // the form. `accept` checks the type later.
        'Content-Type': 'image/*',
        // After the upload, the bucket redirects the browser here with 303, and adds the parameter `key`.
        success_action_redirect: `${publicUrl}/cards/${card}/picture`,
      },
    });
    const { fields } = await answered(signing);
    return { url: bucketUrl, fields };
  }

  /**
   * Checks an uploaded picture, and copies it to the key from which pages show it. Returns the key of the copy; it is
   * always the same for the same upload. Throws Refusal 404 if the key of the upload was not signed for this user and
   * card; 409 if nothing was uploaded, or the upload changes during the check; 413 if the file is too large; 422 if the
   * file is no picture.
   */
  async accept({ user, card }: Purpose, key: string): Promise<string> {
    const [, id = '', signature = ''] = /^uploads\/([\w-]{22})\.([\w-]{43})$/.exec(key) ?? [];
    if (!this.#signer.accepts(claim(user, card, id), signature)) throw notYours();
    const Bucket = this.#settings.bucket;
    // Reads the size and the content in one request, so that all checks are about the same upload.
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
          ...{ Bucket, Key: copy, CopySource: `${Bucket}/${key}`, CopySourceIfMatch: found.ETag },
          ...{ MetadataDirective: 'REPLACE', ContentType: type },
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

/**
 * Waits for a response of the bucket. Throws Refusal 409 if the upload is missing or has changed, and StoreUnavailable
 * for other errors.
 */
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
