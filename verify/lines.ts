/** Reads the lines of a file of any length, plain or compressed, with little memory. */
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { constants, createGunzip } from 'node:zlib';
import { UsageError } from './errors.ts';

/** Maximum length of a line, characters. No line of a history is as long, and a longer line could fill the memory. */
const LONGEST = 64 << 20;
/**
 * Number of bytes of one read. Larger reads need several times as long per byte, because V8 stores long strings in a
 * slower way.
 */
const CHUNK = 1 << 16;

const PACKED = '.gz';

/**
 * Returns the path of the file that contains the compressed first part of a history: `history.ndjson.gz` for
 * `history.ndjson`.
 */
export const packedOf = (file: string): string => `${file}${PACKED}`;

/**
 * Returns the path of the history whose compressed first part has this path. Returns undefined if the path cannot be
 * that of a compressed part.
 */
export const historyOf = (packed: string): string | undefined =>
  packed.endsWith(PACKED) ? packed.slice(0, -PACKED.length) : undefined;

/**
 * Returns the text of a file in pieces. If a compressed part of the file exists, returns the text of that part first.
 */
async function* textOf(file: string): AsyncGenerator<string> {
  const packed = packedOf(file);
  if (existsSync(packed)) yield* bothTexts(packed, await readFile(file, 'utf8'));
  else
    for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK }))
      yield String(chunk);
}

/**
 * Returns the lines of the compressed file, and then those of the plain file. If a process was killed while it
 * compressed lines, both files contain these lines, and the last of them may be cut off in the compressed file. Even
 * so, returns each line only once.
 *
 * @throws errors of the file system; UsageError if the compressed file is damaged, or lines are missing at its end
 */
async function* bothTexts(packed: string, plain: string): AsyncGenerator<string> {
  /** Text from the compressed file that is not returned yet, because the plain file may begin with the same text. */
  let held = '';
  /** True if the compressed file contains all text of the plain file. That text must not be returned a second time. */
  let over = plain === '';
  /**
   * Number of characters from the compressed file that are equal to the beginning of the plain file. Undefined after
   * the first difference.
   */
  let equal: number | undefined = 0;
  try {
    for await (const text of unpacked(packed)) {
      if (equal !== undefined && plain.startsWith(text, equal)) {
        equal += text.length;
        continue;
      }
      held += plain.slice(0, equal ?? 0) + text;
      equal = undefined;
      let to = held.lastIndexOf('\n') + 1;
      for (let at = 0; !over && at < to; at = held.indexOf('\n', at) + 1) {
        if (held.startsWith(plain, at)) over = true;
        else if (plain.startsWith(held.slice(at))) to = at;
      }
      yield held.slice(0, to);
      held = held.slice(to);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code?.startsWith('Z_') === true ? damaged(packed, message) : error;
  }
  if (over) return;
  if (!plain.startsWith(held)) throw damaged(packed, 'its end is missing');
  yield plain;
}

const damaged = (packed: string, how: string): UsageError =>
  new UsageError(
    `${packed}: expected the compressed lines of a history, got a damaged file (${how}): copy the run's files again`,
  );

/** Returns the text of a compressed file in pieces, even if the file is cut off in the middle of a block. */
async function* unpacked(packed: string): AsyncGenerator<string> {
  // With this option, zlib reports no error if the file is cut off. An error would discard text that the caller has not
  // read yet.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  const decoder = new StringDecoder();
  for await (const chunk of pipeline(createReadStream(packed), gunzip, () => {})) yield decoder.write(chunk);
}

/**
 * Calls `line` for each line of a UTF-8 file, in order, without its line end (LF or CRLF). Ignores an empty last
 * line. Takes a callback, because an async iterator would await a promise for each of millions of lines.
 *
 * @throws errors of the file system and of `line`; Error for a line of more than 64 Mi characters
 */
export async function eachLine(file: string, line: (text: string) => void): Promise<void> {
  let rest = '';
  for await (const text of textOf(file)) {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      // Joins only this line with the end of the previous chunk, because joining the whole chunk would copy all bytes.
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
 * Returns the lines of a file in batches, for callers that read several files in parallel.
 *
 * @throws errors of the file system; Error for a line of more than 64 Mi characters
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
