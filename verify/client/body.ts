/** Reads the text of a response body: bounded in size and time, decompressed, and decoded as a browser does. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';

/** Largest body, in bytes, before and after decompression. Larger bodies fail. */
export const MAX_BODY = 16 << 20;
/** The Accept-Encoding header: what a browser sends, as far as every supported Node can decompress it. */
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
      // Leaving the loop ends the stream, and with it the connection.
      if (bytes > MAX_BODY) throw failed('BODY_TOO_LARGE');
    }
  } finally {
    clearTimeout(timer);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

type Decompress = (data: Buffer, options: ZlibOptions) => Promise<Buffer>;

/** Some servers send `deflate` without the zlib header that it should have (RFC 9110, 8.4.1.2). */
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
  // The encoding that was applied last is listed last, so it is undone first.
  for (const name of encodings.toLowerCase().split(',').reverse()) {
    const decompress = DECOMPRESS[name.trim()];
    // A response to HEAD and a 304 name an encoding although they have no body.
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
/** Bytes at the beginning of a page within which it must declare its charset. */
const PRESCAN = 1024;

/**
 * Decodes a body. A byte order mark wins over the header, and the header over the page (WHATWG, Encoding and HTML).
 */
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
  // JSON is UTF-8, whatever the header says (RFC 8259, 8.1).
  if (/[/+]json/i.test(type)) return 'utf-8';
  const declared = /;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(type)?.[1];
  if (declared !== undefined || (type !== '' && !/html|xml/i.test(type))) return declared;
  const said = /<meta[^>]+charset\s*=\s*["']?([\w:-]+)/i.exec(data.toString('latin1', 0, PRESCAN))?.[1];
  // A declaration that can be read as ASCII cannot be in UTF-16.
  return said !== undefined && /^utf-16/i.test(said) ? 'utf-8' : said;
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** Decodes text without a charset: as UTF-8 if it is valid, else as windows-1252, as western browsers do. */
function undeclared(data: Buffer): string {
  try {
    return strict.decode(data);
  } catch {
    return new TextDecoder('windows-1252').decode(data);
  }
}
