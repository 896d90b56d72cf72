/** Reads the text of a response body, decompresses and decodes it like a browser, and limits its size and time. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';

/** Largest body, in bytes, before and after decompression. Larger bodies fail. */
export const MAX_BODY = 16 << 20;
/** The Accept-Encoding header: the encodings of browsers that every supported Node can decompress. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/**
 *
 * Reads a body to its end.
 *
 * @param stream the body
 * @param until deadline for the whole body, on the clock of `performance`
 * @throws errors of the stream, and errors with a `code`: UND_ERR_BODY_TIMEOUT, BODY_TOO_LARGE, BODY_GARBLED
 */
export async function bodyText(
  stream: Readable,
  headers: IncomingHttpHeaders,
  until: number,
): Promise<string> {
  const sent = await whole(stream, until);
  return decoded(
    await decompressed(sent, headers['content-encoding']),
    String(headers['content-type'] ?? ''),
  );
}

const failed = (code: string): Error => Object.assign(new Error(code), { code });

async function whole(stream: Readable, until: number): Promise<Buffer> {
  const left = Math.max(0, until - performance.now());
  const timer = setTimeout(() => stream.destroy(failed('UND_ERR_BODY_TIMEOUT')), left);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      // Leaving the loop destroys the stream, and the connection too.
      if (bytes > MAX_BODY) throw failed('BODY_TOO_LARGE');
    }
  } finally {
    clearTimeout(timer);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

type Decompress = (data: Buffer, options: ZlibOptions) => Promise<Buffer>;

/** Some servers send `deflate` without its zlib header, which RFC 9110, 8.4.1.2 requires. */
const deflated: Decompress = (data, options) =>
  ((data[0] ?? 0) & 0x0f) === 8 ? promisify(inflate)(data, options) : promisify(inflateRaw)(data, options);

const DECOMPRESS: Record<string, Decompress> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: deflated,
  br: promisify(brotliDecompress) as Decompress,
};

async function decompressed(data: Buffer, encodings = ''): Promise<Buffer> {
  let plain = data;
  // The encoding that was applied last is at the end of the list, so it is decoded first.
  for (const name of encodings.toLowerCase().split(',').reverse()) {
    const decompress = DECOMPRESS[name.trim()];
    // A response to HEAD, or with status 304, may name an encoding although it has no body.
    if (decompress === undefined || plain.length === 0) continue;
    plain = await decompress(plain, { maxOutputLength: MAX_BODY }).catch(({ code }) => {
      throw failed(code === 'ERR_BUFFER_TOO_LARGE' ? 'BODY_TOO_LARGE' : 'BODY_GARBLED');
    });
  }
  return plain;
}

const BYTE_ORDER_MARKS: readonly (readonly [mark: string, charset: string])[] = [
  ['efbbbf', 'utf-8'],
  ['feff', 'utf-16be'],
  ['fffe', 'utf-16le'],
];
/** A page must declare its charset within this number of bytes from its beginning. */
const PRESCAN = 1024;

/** Decodes a body. Order of precedence: byte order mark, header, page (WHATWG, Encoding and HTML). */
function decoded(data: Buffer, type: string): string {
  const marked = BYTE_ORDER_MARKS.find(([mark]) => data.toString('hex', 0, mark.length / 2) === mark)?.[1];
  const charset = marked ?? charsetOf(data, type);
  if (charset === undefined) return undeclared(data);
  try {
    return new TextDecoder(charset).decode(data);
  } catch {
    return undeclared(data);
  }
}

function charsetOf(data: Buffer, type: string): string | undefined {
  // JSON is always UTF-8, even if the header names another charset (RFC 8259, 8.1).
  if (/[/+]json/i.test(type)) return 'utf-8';
  const declared = /;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(type)?.[1];
  if (declared !== undefined || (type !== '' && !/html|xml/i.test(type))) return declared;
  const said = /<meta[^>]+charset\s*=\s*["']?([\w:-]+)/i.exec(data.toString('latin1', 0, PRESCAN))?.[1];
  // If the declaration of UTF-16 is readable as ASCII, the page cannot be UTF-16.
  return said !== undefined && /^utf-16/i.test(said) ? 'utf-8' : said;
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** Decodes text without a charset: as UTF-8 if it is valid, otherwise as windows-1252, like western browsers. */
function undeclared(data: Buffer): string {
  try {
    return strict.decode(data);
  } catch {
    return new TextDecoder('windows-1252').decode(data);
  }
}
