/** Reads the body of a response up to a maximum time and size, and decodes it as a browser does. */
import { isAscii } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib';
import type { BodyFacts } from '../core/response/reply.ts';

/** Maximum size of a body before and after decompression, bytes. */
export const MAX_BODY = 16 << 20;
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/**
 * Reads a body to its end.
 *
 * @param until deadline for the whole body, on the clock of `performance`
 * @throws errors of the stream, and errors with a `code`: UND_ERR_BODY_TIMEOUT, BODY_TOO_LARGE
 */
export async function bodyOf(stream: Readable, until: number): Promise<Buffer> {
  const left = Math.max(0, until - performance.now());
  const timer = setTimeout(() => stream.destroy(bodyFailure('UND_ERR_BODY_TIMEOUT')), left);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      // Leaving this loop destroys the stream and its connection.
      if (bytes > MAX_BODY) throw bodyFailure('BODY_TOO_LARGE');
    }
  } finally {
    clearTimeout(timer);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/**
 * Decompresses and decodes a body. Waits for the decompression, because the threads of Node's asynchronous functions cost
 * five times the CPU time.
 *
 * @param data the caller may overwrite these bytes after the call
 * @throws errors with a `code`, as a rejection: BODY_TOO_LARGE, BODY_GARBLED
 */
export function textOf(data: Buffer, headers: IncomingHttpHeaders): string | Promise<never> {
  const [type, encodings] = [headers['content-type'] ?? '', headers['content-encoding']];
  if (encodings === undefined) return decoded(data, type);
  try {
    return decoded(decompressed(data, encodings), type);
  } catch (error) {
    const failed = Promise.reject<never>(error);
    // Node would end the process, because the caller awaits the rejection later.
    failed.catch(() => {});
    return failed;
  }
}

/** Maximum size of a cached body in bytes, and of its text in characters. */
const KEPT_BODY = 16 << 10;

interface KeptBody {
  bytes: Buffer;
  length: number;
  type: string;
  encodings: string | undefined;
  text: string;
  facts: BodyFacts;
}

/** Caches the last two bodies of a page, because two instances often send different bodies in turn. */
export class LastBodies {
  facts: BodyFacts = { firsts: new Map() };
  #last: KeptBody | undefined;
  #before: KeptBody | undefined;

  textOf(data: Buffer, headers: IncomingHttpHeaders): string | Promise<never> {
    const { 'content-type': type = '', 'content-encoding': encodings } = headers;
    let kept = this.#last;
    if (kept === undefined || !equals(kept, data, type, encodings)) {
      kept = this.#before;
      if (kept === undefined || !equals(kept, data, type, encodings))
        return this.#another(data, headers, type, encodings);
      this.#before = this.#last;
      this.#last = kept;
    }
    this.facts = kept.facts;
    return kept.text;
  }

  #another(
    data: Buffer,
    headers: IncomingHttpHeaders,
    type: string,
    encodings: string | undefined,
  ): string | Promise<never> {
    const facts: BodyFacts = { firsts: new Map() };
    this.facts = facts;
    const { length } = data;
    const text = textOf(data, headers);
    if (length > KEPT_BODY || typeof text !== 'string' || text.length > KEPT_BODY) return text;
    // Reuses a buffer, because a new one for each body costs the garbage collector much time.
    const free = this.#before?.bytes;
    const bytes =
      free !== undefined && free.length >= length ? free : Buffer.allocUnsafeSlow(roomFor(length));
    this.#before = undefined;
    data.copy(bytes);
    this.#before = this.#last;
    this.#last = { bytes, length, type, encodings, text, facts };
    return text;
  }
}

const equals = (kept: KeptBody, data: Buffer, type: string, encodings: string | undefined): boolean =>
  data.length === kept.length &&
  type === kept.type &&
  encodings === kept.encodings &&
  data.compare(kept.bytes, 0, kept.length) === 0;

/** Returns the size of a buffer for this body, or for a later one that is a little longer, bytes. */
const roomFor = (length: number): number => Math.min(KEPT_BODY, Math.ceil((length + 1) / 1024) * 1024);

export const bodyFailure = (code: string): Error => Object.assign(new Error(code), { code });

type Decompress = (data: Buffer, options: ZlibOptions) => Buffer;

/** Some servers omit the zlib header that RFC 9110, 8.4.1.2 requires. */
const deflated: Decompress = (data, options) =>
  ((data[0] ?? 0) & 0x0f) === 8 ? inflateSync(data, options) : inflateRawSync(data, options);

const DECOMPRESS: Record<string, Decompress> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: deflated,
  br: brotliDecompressSync,
};

function decompressed(data: Buffer, encodings: string): Buffer {
  let plain = data;
  // The header lists the encodings in the order of their use, so they are decoded in reverse order.
  for (const name of encodings.toLowerCase().split(',').reverse()) {
    const decompress = DECOMPRESS[name.trim()];
    // A response to HEAD, or with status 304, can name an encoding although it has no body.
    if (decompress === undefined || plain.length === 0) continue;
    try {
      plain = decompress(plain, { maxOutputLength: MAX_BODY });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw bodyFailure(code === 'ERR_BUFFER_TOO_LARGE' ? 'BODY_TOO_LARGE' : 'BODY_GARBLED');
    }
  }
  return plain;
}

const BYTE_ORDER_MARKS: readonly (readonly [mark: string, charset: string])[] = [
  ['efbbbf', 'utf-8'],
  ['feff', 'utf-16be'],
  ['fffe', 'utf-16le'],
];
/** Browsers look for a charset declaration in the first 1,024 bytes of a page. */
const PRESCAN = 1024;

/** Charsets in which each ASCII character has its ASCII code. */
const ON_ASCII = /^(?:utf-?8|us-ascii|iso-8859-\d+|windows-125\d)$/i;

/** Decodes a body by its byte order mark, Content-Type or charset declaration, in this order (WHATWG HTML). */
function decoded(data: Buffer, type: string): string {
  const text = isAscii(data) ? data.toString('latin1') : undefined;
  const charset = marked(data) ?? charsetOf(data, type);
  if (text !== undefined && (charset === undefined || ON_ASCII.test(charset))) return text;
  const decoder = charset === undefined ? undefined : decoderOf(charset);
  return decoder === undefined ? undeclared(data) : decoder.decode(data);
}

const decoders = new Map<string, InstanceType<typeof TextDecoder> | undefined>();

function decoderOf(charset: string): InstanceType<typeof TextDecoder> | undefined {
  if (decoders.has(charset)) return decoders.get(charset);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  try {
    decoder = new TextDecoder(charset);
  } catch {}
  if (decoders.size < 100) decoders.set(charset, decoder);
  return decoder;
}

function marked(data: Buffer): string | undefined {
  if ((data[0] ?? 0) < 0x80) return undefined;
  return BYTE_ORDER_MARKS.find(([mark]) => data.toString('hex', 0, mark.length / 2) === mark)?.[1];
}

function charsetOf(data: Buffer, type: string): string | undefined {
  const { charset, page } = declaredBy(type);
  if (charset !== undefined || !page) return charset;
  const said = /<meta[^>]+charset\s*=\s*["']?([\w:-]+)/i.exec(data.toString('latin1', 0, PRESCAN))?.[1];
  // Browsers decode a page as UTF-8 if its `<meta>` names UTF-16, because a parser finds no `<meta>` in real UTF-16
  // (WHATWG HTML).
  return said !== undefined && /^utf-16/i.test(said) ? 'utf-8' : said;
}

interface Declared {
  charset: string | undefined;
  page: boolean;
}

const types = new Map<string, Declared>();

function declaredBy(type: string): Declared {
  let declared = types.get(type);
  if (declared === undefined) {
    // JSON is always UTF-8, even if the header names another charset (RFC 8259, 8.1).
    const json = /[/+]json/i.test(type);
    const charset = json ? 'utf-8' : /;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(type)?.[1];
    declared = { charset, page: type === '' || /html|xml/i.test(type) };
    if (types.size < 100) types.set(type, declared);
  }
  return declared;
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** Browsers decode text that is not valid UTF-8 as windows-1252. */
function undeclared(data: Buffer): string {
  try {
    return strict.decode(data);
  } catch {
    return new TextDecoder('windows-1252').decode(data);
  }
}
