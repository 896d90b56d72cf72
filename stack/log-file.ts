import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 32 * 1024;

/** Returns the last `count` lines of a file, of at most 32 KiB; '' if the file does not exist. */
export function lastLines(file: string, count: number): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(fd);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(fd, tail, 0, tail.length, size - tail.length);
    return tail.toString('utf8').trimEnd().split('\n').slice(-count).join('\n');
  } finally {
    closeSync(fd);
  }
}
