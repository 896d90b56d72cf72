import { type BinaryToTextEncoding, randomBytes as bytes, createHmac } from 'node:crypto';

export const hmac = (algorithm: string, key: string, data: string, encoding: BinaryToTextEncoding): string =>
  createHmac(algorithm, key).update(data).digest(encoding);

export const randomBytes = (size: number): ArrayBuffer => new Uint8Array(bytes(size)).buffer;
