/** Reads the log files that servers append to. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 32 * 1024;

/** Returns the last `count` lines of a file; '' if the file does not exist. */
export function lastLines(file: string, count: number): string {
  return readFrom(file, -TAIL_BYTES).trimEnd().split('\n').slice(-count).join('\n');
}

/**
 * Returns the text of a file from a byte offset. A negative offset counts from the end. Returns '' if the file does
 * not exist.
 */
export function readFrom(file: string, offset: number): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(fd);
    const start = Math.min(size, offset < 0 ? Math.max(0, size + offset) : offset);
    const bytes = Buffer.alloc(size - start);
    readSync(fd, bytes, 0, bytes.length, start);
    return bytes.toString('utf8');
  } finally {
    closeSync(fd);
  }
}
