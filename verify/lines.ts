/** Reads the lines of a file of any length, plain or compressed, with little memory. */
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { constants, createGunzip } from 'node:zlib';
import { UsageError } from './errors.ts';

/** Maximum length of a line, characters. A longer line could fill the memory. */
const LONGEST = 64 << 20;
/**
 * Number of bytes of one read. Larger reads need more time per byte, because V8 stores long strings less efficiently.
 */
const CHUNK = 1 << 16;

const PACKED = '.gz';

/** Returns the path of the compressed first part of a history: `history.ndjson.gz` for `history.ndjson`. */
export const packedOf = (file: string): string => `${file}${PACKED}`;

/** Returns the path of the history whose compressed first part has this path. Returns undefined for any other path. */
export const historyOf = (packed: string): string | undefined =>
  packed.endsWith(PACKED) ? packed.slice(0, -PACKED.length) : undefined;

async function* textOf(file: string): AsyncGenerator<string> {
  const packed = packedOf(file);
  if (existsSync(packed)) yield* bothTexts(packed, await readFile(file, 'utf8'));
  else
    for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK }))
      yield String(chunk);
}

/**
 * Returns each line of a compressed and a plain file once. After a kill during compression, some lines are in both
 * files, and the last one in the compressed file may be incomplete.
 *
 * @throws errors of the file system; UsageError if the compressed file is damaged, or lines are missing
 */
async function* bothTexts(packed: string, plain: string): AsyncGenerator<string> {
  /** Holds back text of the compressed file while the plain file may begin with the same text. */
  let held = '';
  /** True if the compressed file contains all text of the plain file. */
  let over = plain === '';
  /** Number of characters that both files have in common at their start; undefined after the first difference. */
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

async function* unpacked(packed: string): AsyncGenerator<string> {
  // With the default `finishFlush`, zlib reports an error at the end of an incomplete file, and discards text that the
  // caller has not read yet.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  const decoder = new StringDecoder();
  for await (const chunk of pipeline(createReadStream(packed), gunzip, () => {})) yield decoder.write(chunk);
}

/**
 * Calls `line` for each line of a UTF-8 file, without LF or CRLF. An async iterator would be slower, because it awaits
 * a promise for each line.
 *
 * @throws errors of the file system and of `line`; Error for a line of more than 64 Mi characters
 */
export async function eachLine(file: string, line: (text: string) => void): Promise<void> {
  let rest = '';
  for await (const text of textOf(file)) {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      // Puts `rest` before this line only: to put it before the whole text would copy all bytes.
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
 * Returns the lines of a file in batches, so that callers can read several files in parallel.
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
