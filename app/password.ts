/**
 * Hashes passwords with scrypt, in the PHC string format: `$scrypt$ln=17,r=8,p=1$SALT$KEY`. Each hash contains its
 * parameters, so new hashes can use stronger ones.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { Turns } from './turns.ts';

export interface ScryptParameters {
  /** The parameter N of scrypt: a power of two. A hash takes 1 KiB × N of memory. */
  readonly cost: number;
  /** The parameter p of scrypt: the number of parallel computations. */
  readonly parallel: number;
}

interface PasswordHash extends ScryptParameters {
  readonly blockSize: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const BLOCK_SIZE = 8;

/**
 * Limits concurrent hashes to two. At N = 2^17 they need 256 MiB, and Node's four threads must also serve DNS and
 * files.
 */
const turns = new Turns({ atOnce: 2, waitMs: 10_000 });

/** Returns the hash of a password. Throws Refusal 503 if other hashes delay the start by more than 10 s. */
export async function hashPassword(password: string, parameters: ScryptParameters): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, { ...parameters, blockSize: BLOCK_SIZE, salt });
  const named = `ln=${Math.log2(parameters.cost)},r=${BLOCK_SIZE},p=${parameters.parallel}`;
  return `$scrypt$${named}$${unpadded(salt)}$${unpadded(key)}`;
}

/**
 * Returns whether the password belongs to the hash. Throws an error if `hash` is malformed, and Refusal 503 if other
 * hashes delay the start by more than 10 s.
 */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const expected = parseHash(hash);
  return timingSafeEqual(await derive(password, expected), expected.key);
}

/** Returns true if the hash has weaker parameters than the given ones. */
export function isWeaker(hash: string, { cost, parallel }: ScryptParameters): boolean {
  const old = parseHash(hash);
  return old.cost * old.blockSize * old.parallel < cost * BLOCK_SIZE * parallel;
}

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([\w+/]+)\$([\w+/]+)$/;
/** Format of the hashes of older app versions, which used r = 8 and p = 1. */
const OLD = /^scrypt\$(\d+)\$([\w-]+)\$([\w-]+)$/;

function parseHash(hash: string): PasswordHash {
  const [, ln, r, p, salt = '', key = ''] = PHC.exec(hash) ?? [];
  if (ln !== undefined)
    return {
      cost: 2 ** Number(ln),
      blockSize: Number(r),
      parallel: Number(p),
      salt: Buffer.from(salt, 'base64'),
      key: Buffer.from(key, 'base64'),
    };
  const [, cost, oldSalt = '', oldKey = ''] = OLD.exec(hash) ?? [];
  if (cost === undefined)
    throw new Error(
      'expected a password hash $scrypt$ln=…,r=…,p=…$SALT$KEY in the user record, got something else',
    );
  return {
    cost: Number(cost),
    blockSize: 8,
    parallel: 1,
    salt: Buffer.from(oldSalt, 'base64url'),
    key: Buffer.from(oldKey, 'base64url'),
  };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function derive(password: string, hash: Omit<PasswordHash, 'key'>): Promise<Buffer> {
  const { cost, blockSize, parallel, salt } = hash;
  // Node's default memory limit for scrypt, 32 MiB, is too low for secure parameters.
  const maxmem = 256 * blockSize * (cost + parallel) + 65_536;
  const options: ScryptOptions = { N: cost, r: blockSize, p: parallel, maxmem };
  return turns.run(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
          error ? reject(error) : resolve(key),
        );
      }),
  );
}
