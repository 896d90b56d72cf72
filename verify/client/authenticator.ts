/**
 * Creates passkeys and signs in with them, as a browser with an authenticator does (W3C Web Authentication, level 3).
 * Sends no attestation.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { Account } from '../target/accounts.ts';

const options = z.object({
  challenge: z.string().min(1),
  rp: z.object({ id: z.string().optional() }).optional(),
  rpId: z.string().optional(),
  user: z.object({ id: z.string() }).optional(),
  pubKeyCredParams: z.array(z.object({ alg: z.number() })).optional(),
});
type Options = z.infer<typeof options>;

interface Passkey {
  id: string;
  key: KeyObject;
  userHandle: string;
}

/** Flags of authenticator data: user present, user verified, new key attached. */
const [PRESENT, VERIFIED, ATTACHED] = [0x01, 0x04, 0x40];
/** ES256 in COSE (RFC 9053): ECDSA with P-256 and SHA-256. */
const ES256 = -7;

type Ceremony = 'create' | 'get';

export class Authenticator {
  readonly #passkeys = new Map<Account, Passkey>();
  /**
   * Functions of `navigator.credentials` that have succeeded in this run. If one of them fails later, the app is the
   * cause, not the target file.
   */
  readonly #works = new Set<Ceremony>();

  /**
   * Creates the passkey of an account, or signs in with it. Returns the credential, as `toJSON()` in a browser. Returns
   * undefined if the app's WebAuthn options are wrong, and earlier options of the run were correct.
   *
   * @param body JSON with the options at any depth
   * @param site address of the app
   * @throws UsageError if the app's options are wrong, and no earlier ones were correct
   */
  respond(ceremony: Ceremony, body: string, account: Account, site: URL): object | undefined {
    try {
      const made = this.#made(ceremony, body, account, site);
      this.#works.add(ceremony);
      return made;
    } catch (error) {
      if (error instanceof UsageError && this.#works.has(ceremony)) return undefined;
      throw error;
    }
  }

  #made(ceremony: Ceremony, body: string, account: Account, site: URL): object {
    const found = optionsIn(parsed(body));
    if (found === undefined)
      throw new UsageError(
        `passkey: expected the options of navigator.credentials.${ceremony} in the response, as JSON with a ` +
          '`challenge`, got none. Correct the step with `passkey` in the target file',
      );
    return ceremony === 'create' ? this.#create(found, account, site) : this.#get(found, account, site);
  }

  #create({ challenge, rp, user, pubKeyCredParams: accepted }: Options, account: Account, site: URL): object {
    if (accepted !== undefined && !accepted.some(({ alg }) => alg === ES256))
      throw new UsageError(
        'passkey: expected an app that accepts the algorithm ES256 (-7) for new passkeys, got options with ' +
          `${accepted.map(({ alg }) => alg).join(', ')}. Allow ES256 in the app, or give Baton sessions by \`session\``,
      );
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const id = randomBytes(16);
    const key = publicKey.export({ format: 'jwk' });
    const cose = cborMap([
      [1, 2], // key type: elliptic curve, two coordinates
      [3, ES256],
      [-1, 1], // the curve: P-256
      [-2, Buffer.from(key.x ?? '', 'base64url')],
      [-3, Buffer.from(key.y ?? '', 'base64url')],
    ]);
    const data = Buffer.concat([
      authenticatorData(rp?.id ?? site.hostname, PRESENT | VERIFIED | ATTACHED),
      Buffer.alloc(16), // AAGUID, the authenticator's model: none
      Buffer.from([0, id.length]),
      id,
      cose,
    ]);
    const attestation = cborMap([
      ['fmt', 'none'],
      ['attStmt', EMPTY],
      ['authData', data],
    ]);
    const passkey = { id: id.toString('base64url'), key: privateKey, userHandle: user?.id ?? '' };
    this.#passkeys.set(account, passkey);
    return credential(passkey.id, {
      clientDataJSON: clientData('webauthn.create', challenge, site).toString('base64url'),
      attestationObject: attestation.toString('base64url'),
      transports: ['internal'],
    });
  }

  #get({ challenge, rpId }: Options, account: Account, site: URL): object {
    const passkey = this.#passkeys.get(account);
    if (passkey === undefined)
      throw new UsageError(
        `passkey: expected a passkey of ${account.user}, got none: the step of \`register\` with \`passkey: create\` got ` +
          'no response with status 200. Try its request by hand',
      );
    const data = authenticatorData(rpId ?? site.hostname, PRESENT | VERIFIED);
    const client = clientData('webauthn.get', challenge, site);
    const signature = sign('sha256', Buffer.concat([data, sha256(client)]), passkey.key);
    return credential(passkey.id, {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: passkey.userHandle,
    });
  }
}

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();

const clientData = (type: string, challenge: string, { origin }: URL): Buffer =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));

/** The signature counter is 0, as for passkeys that several devices share. */
const authenticatorData = (rpId: string, flags: number): Buffer =>
  Buffer.concat([sha256(rpId), Buffer.from([flags]), Buffer.alloc(4)]);

const credential = (id: string, response: object): object => ({
  id,
  rawId: id,
  type: 'public-key',
  authenticatorAttachment: 'platform',
  clientExtensionResults: {},
  response,
});

const EMPTY = Symbol('empty map');
type Cbor = number | string | Buffer | typeof EMPTY;

/** Encodes a map in CBOR (RFC 8949). The map has at most 23 entries. A text or byte string has at most 65,535 bytes. */
const cborMap = (entries: readonly (readonly [Cbor, Cbor])[]): Buffer =>
  Buffer.concat([cborHead(5, entries.length), ...entries.flat().map(cbor)]);

function cbor(value: Cbor): Buffer {
  if (value === EMPTY) return cborHead(5, 0);
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
  const bytes = Buffer.from(value);
  return Buffer.concat([cborHead(typeof value === 'string' ? 3 : 2, bytes.length), bytes]);
}

function cborHead(type: number, size: number): Buffer {
  if (size < 24) return Buffer.from([(type << 5) | size]);
  if (size < 256) return Buffer.from([(type << 5) | 24, size]);
  return Buffer.from([(type << 5) | 25, size >> 8, size & 0xff]);
}

function optionsIn(value: unknown): Options | undefined {
  const left = [value];
  for (const one of left) {
    if (typeof one !== 'object' || one === null) continue;
    const own = options.safeParse(one);
    if (own.success) return own.data;
    for (const member of Object.values(one)) left.push(member);
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
