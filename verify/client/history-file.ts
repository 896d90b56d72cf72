/** Writes events to a history file: at once if they must survive a kill of Baton, otherwise in blocks. */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { COMMAND } from '../core/command.ts';
import type { Event } from '../core/history/history.ts';
import { UnavailableError, UsageError } from '../errors.ts';
import { packedOf } from '../lines.ts';
import { lineOf } from './history-line.ts';

const BLOCK = 1 << 18;
/** Maximum size of an uncompressed history, bytes. */
const PLAIN = 16 << 20;
const WIDEST = 3;
/** Fastest compression level: lines of a history are similar, so higher levels save little space. */
const LEVEL = { level: 1 };

export class HistoryFile {
  readonly path: string;
  readonly #file: number;
  #packed: number | undefined;
  /** Size of the history file above which its lines are moved to the compressed file, bytes. */
  #most: number;
  #size = 0;
  #moved = 0;
  #block = Buffer.allocUnsafe(BLOCK);
  #used = 0;
  #written = 0;
  #closed = false;
  readonly #onEvent: (event: Event) => void;

  /**
   * @param onEvent called with each written event
   * @param plain number of bytes above which the history is compressed into a second file
   * @throws UsageError if the file exists or cannot be created
   */
  constructor(path: string, onEvent: (event: Event) => void = () => {}, plain = PLAIN) {
    this.#onEvent = onEvent;
    this.path = path;
    this.#file = created(path);
    this.#most = plain;
  }

  /** Adds an event to a buffer in memory. A kill of Baton loses the buffer. */
  write(event: Event): void {
    if (this.#closed) return;
    const line = lineOf(event);
    const most = line.length * WIDEST;
    if (this.#used + most > this.#block.length) this.#next(most);
    this.#used += this.#block.write(line, this.#used);
    this.#onEvent(event);
  }

  /** Writes an event that must survive a kill of Baton, such as the start of a write. */
  writeNow(event: Event): void {
    this.write(event);
    this.flush();
  }

  flush(): void {
    append(this.path, this.#file, this.#block.subarray(this.#written, this.#used));
    this.#size += this.#used - this.#written;
    this.#written = this.#used;
  }

  #next(least: number): void {
    this.flush();
    if (this.#size > this.#most) this.#move();
    this.#used = 0;
    this.#written = 0;
    if (least > this.#block.length) this.#block = Buffer.allocUnsafe(least);
  }

  /** Compresses about two blocks for each block that is written, so that compression catches up with writing. */
  #move(): void {
    this.#packed ??= openSync(packedOf(this.path), 'ax');
    const part = Buffer.allocUnsafe(2 * this.#block.length);
    const length = readSync(this.#file, part, 0, part.length, this.#moved);
    const lines = part.subarray(0, part.lastIndexOf('\n', length - 1) + 1);
    append(this.path, this.#packed, gzipSync(lines, LEVEL));
    this.#moved += lines.length;
    if (this.#moved < this.#size) return;
    // A kill before this call leaves the lines in both files. A reader counts them once.
    ftruncateSync(this.#file, 0);
    this.#most = 0;
    this.#size = 0;
    this.#moved = 0;
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    while (this.#moved > 0) this.#move();
    this.#closed = true;
    closeSync(this.#file);
    if (this.#packed !== undefined) closeSync(this.#packed);
  }
}

function created(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'ax+');
  } catch (error) {
    throw new UsageError(
      `${path}: expected to create the history of the run, got ${(error as NodeJS.ErrnoException).code}: name another ` +
        'folder with --out',
    );
  }
}

/**
 * Appends all bytes. After a failure, removes the bytes written so far, so that the caller can retry.
 *
 * @throws UnavailableError, for example if the disk is full
 */
function append(path: string, file: number, bytes: Buffer): void {
  let rest = bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(file, rest));
  } catch (error) {
    ftruncateSync(file, fstatSync(file).size - (bytes.length - rest.length));
    const { code } = error as NodeJS.ErrnoException;
    throw new UnavailableError(
      `${path}: expected to write the history, got ${code}${code === 'ENOSPC' ? ', as the disk is full' : ''}: free some ` +
        `space, or name another folder with --out. To judge the part before: ${COMMAND} check ${dirname(path)}`,
    );
  }
}
