/** Lines of a file, without holding the file. */
import { createReadStream } from 'node:fs';

/** A longer line is no history, and would fill the memory. Characters. */
const LONGEST = 64 << 20;
/** Bytes read at once. The engine keeps longer texts apart, where they cost several times as much. */
const CHUNK = 1 << 16;

/**
 * Calls `line` for each line of a UTF-8 file, in order, without its line end (LF or CRLF); an empty last line is
 * left out. A callback, not an iterator: millions of lines would each wait for a promise.
 *
 * @throws what the file system or `line` throws; Error when a line is longer than 64 Mi characters
 */
export async function eachLine(file: string, line: (text: string) => void): Promise<void> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK })) {
    const text: string = chunk;
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      // Only the first line has a beginning in the chunk before: joined to the whole chunk it would copy both.
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
 * The same lines in batches, for those who read several files side by side.
 *
 * @throws what the file system throws; Error when a line is longer than 64 Mi characters
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
