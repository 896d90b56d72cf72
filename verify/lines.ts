/** Reads the lines of a file without holding the whole file in memory. */
import { createReadStream } from 'node:fs';

/** Maximum length of a line, in characters. A longer line is not part of a history, and would fill the memory. */
const LONGEST = 64 << 20;
/** Bytes of one read. V8 stores longer strings in a separate memory space, where they cost several times as much. */
const CHUNK = 1 << 16;

/**
 * Calls `line` for each line of a UTF-8 file, in order, without its line end (LF or CRLF). It ignores an empty last
 * line. It takes a callback, because an async iterator would await a promise for each of millions of lines.
 *
 * @throws errors of the file system and of `line`; Error when a line is longer than 64 Mi characters
 */
export async function eachLine(file: string, line: (text: string) => void): Promise<void> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK })) {
    const text: string = chunk;
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
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST) throw new Error(`${file}: a line is longer than ${LONGEST} characters`);
    yield lines.map(withoutReturn);
  }
  if (rest !== '') yield [rest];
}

const withoutReturn = (text: string): string =>
  text.charCodeAt(text.length - 1) === 13 ? text.slice(0, -1) : text;
