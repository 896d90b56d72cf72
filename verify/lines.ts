/** Reads the lines of a file without holding the whole file in memory. */
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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
  if (existsSync(packed)) yield* bothTexts(packed, await readFile(file, 'utf8'));
  else
    for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK }))
      yield String(chunk);
}

/**
 * Returns the whole lines of a compressed file, and then the plain text that follows them. If a process was killed
 * while it compressed a block, the plain file still has this block, and the compressed file may have a part of it.
 * Then the end of the compressed text equals the begin of the plain text. These lines are returned once.
 *
 * @throws errors of the file system and of zlib
 */
async function* bothTexts(packed: string, plain: string): AsyncGenerator<string> {
  /**
   * The text from the compressed file that is not returned yet, because the plain text may begin with the same text.
   */
  let held = '';
  /** True if no plain text is left, because the compressed file has all of it. */
  let over = plain === '';
  for await (const text of unpacked(packed)) {
    held += text;
    let to = held.lastIndexOf('\n') + 1;
    for (let at = 0; !over && at < to; at = held.indexOf('\n', at) + 1) {
      if (held.startsWith(plain, at)) over = true;
      else if (plain.startsWith(held.slice(at))) to = at;
    }
    yield held.slice(0, to);
    held = held.slice(to);
  }
  if (!over) yield plain;
}

/** Returns the text of a compressed file in pieces. The file may end in the middle of a block. */
async function* unpacked(packed: string): AsyncGenerator<string> {
  const stream = pipeline(createReadStream(packed), createGunzip(), () => {});
  try {
    for await (const chunk of stream.setEncoding('utf8')) yield String(chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw error;
  }
}

/**
 * Calls `line` for each line of a UTF-8 file, in order, without its line end (LF or CRLF). Ignores an empty last
 * line. Takes a callback, because an async iterator would await a promise for each of millions of lines.
 *
 * @throws errors of the file system and of `line`; Error when a line is longer than 64 Mi characters
 */
export async function eachLine(file: string, line: (text: string) => void): Promise<void> {
  let rest = '';
  for await (const text of textOf(file)) {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      // Only the first line of a chunk can continue the previous chunk. Joining whole chunks would copy all
      // their bytes.
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
