/** Reads the lines of a file without holding the whole file in memory. */
import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Maximum length of a line, in characters. A longer line is not part of a history, and would fill the memory. */
const LONGEST = 64 << 20;
/** Bytes of one read. V8 stores longer strings in a separate memory space, where they cost several times as much. */
const CHUNK = 1 << 16;

/** Returns the name of the file with the compressed lines that come before the lines of a history. */
export const packedOf = (file: string): string => `${file}.gz`;

/** Returns the text of a file in pieces, after the lines of its compressed part, if it has one. */
async function* textOf(file: string): AsyncGenerator<string> {
  const packed = packedOf(file);
  if (existsSync(packed)) yield* packedText(packed, await firstLineOf(file));
  for await (const chunk of plain(file)) yield String(chunk);
}

const plain = (file: string) => createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK });

async function firstLineOf(file: string): Promise<string | undefined> {
  let text = '';
  for await (const chunk of plain(file)) {
    text += String(chunk);
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end + 1);
  }
  return undefined;
}

/**
 * Returns the whole lines of a compressed file, up to the line `next`. A process that was killed while it compressed
 * lines has left them in the plain file, too, and may have left a part of a compressed block.
 *
 * @throws errors of the file system and of zlib
 */
async function* packedText(packed: string, next: string | undefined): AsyncGenerator<string> {
  const unpacked = pipeline(createReadStream(packed), createGunzip(), () => {});
  let rest = '';
  try {
    for await (const chunk of unpacked.setEncoding('utf8')) {
      const text = rest + String(chunk);
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      const again = next === undefined ? -1 : `\n${text}`.indexOf(`\n${next}`);
      yield text.slice(0, again === -1 ? end : again);
      if (again !== -1) return;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw error;
  }
}

/**
 * Calls `line` for each line of a UTF-8 file, in order, without its line end (LF or CRLF). It ignores an empty last
 * line. It takes a callback, because an async iterator would await a promise for each of millions of lines.
 *
 * @throws errors of the file system and of `line`; Error when a line is longer than 64 Mi characters
 */
export async function eachLine(file: string, line: (text: string) => void): Promise<void> {
  let rest = '';
  for await (const text of textOf(file)) {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      // Only the first line of a chunk can continue the previous chunk. Joining the whole chunks would copy both.
      line(withoutReturn(rest + text.slice(from, to)));
      rest = '';
      from = to + 1;
    }
    rest += text.slice(from);
    if (rest.length > LONGEST) throw new Error(`${file}: a line is longer than ${LONGEST} characters`);
  }
  if (rest !== '') line(rest);
}

/**
 * Returns the lines like `eachLine`, but in batches, for callers that read several files in parallel.
 *
 * @throws errors of the file system; Error when a line is longer than 64 Mi characters
 */
export async function* lineBatches(file: string): AsyncGenerator<string[]> {
  let rest = '';
  for await (const text of textOf(file)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST) throw new Error(`${file}: a line is longer than ${LONGEST} characters`);
    yield lines.map(withoutReturn);
  }
  if (rest !== '') yield [rest];
}

const withoutReturn = (text: string): string =>
  text.charCodeAt(text.length - 1) === 13 ? text.slice(0, -1) : text;
