/** Writes events to a history file, in blocks. Lines that must survive a kill of Baton are written immediately. */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Event } from '../core/history/history.ts';
import { packedOf } from '../lines.ts';
import { lineOf } from './history-line.ts';

/** Size of the blocks in which the history is written, bytes. */
const BLOCK = 1 << 18;
/** Maximum size of an uncompressed history, bytes. Other programs can read a short history without decompression. */
const PLAIN = 16 << 20;
/** Maximum number of bytes that UTF-8 needs for one UTF-16 unit of a string. */
const WIDEST = 3;
/** Compression level: the fastest one. Higher levels save little space, because the lines are similar. */
const LEVEL = { level: 1 };

export class HistoryFile {
  readonly path: string;
  readonly #file: number;
  /** The compressed file; undefined until a part of the history has been compressed. */
  #packed: number | undefined;
  /** Size above which the lines of the history file are moved to the compressed file, bytes. */
  #most: number;
  /** Number of bytes in the history file. */
  #size = 0;
  /** Number of bytes at the start of the history file that have already been copied to the compressed file. */
  #moved = 0;
  #block = Buffer.allocUnsafe(BLOCK);
  #used = 0;
  /** Number of bytes of the block in memory that are already in the history file. */
  #written = 0;
  #closed = false;
  readonly #onEvent: (event: Event) => void;

  /**
   * @param onEvent called with each event that is written
   * @param plain number of bytes above which the history is compressed into a second file, block by block
   * @throws when the file exists already or cannot be created: a history is never overwritten
   */
  constructor(path: string, onEvent: (event: Event) => void = () => {}, plain = PLAIN) {
    this.#onEvent = onEvent;
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#file = openSync(path, 'ax+');
    this.#most = plain;
  }

  /**
   * Adds an event to the block in memory. A kill of Baton loses this block, so use `writeNow` for events that must
   * survive.
   */
  write(event: Event): void {
    if (this.#closed) return;
    const line = lineOf(event);
    const most = line.length * WIDEST;
    if (this.#used + most > this.#block.length) this.#next(most);
    this.#used += this.#block.write(line, this.#used);
    this.#onEvent(event);
  }

  /**
   * Writes an event that must survive a kill of Baton, such as the start of a write. When this method returns, the
   * operating system has the line.
   */
  writeNow(event: Event): void {
    this.write(event);
    this.flush();
  }

  flush(): void {
    append(this.#file, this.#block.subarray(this.#written, this.#used));
    this.#size += this.#used - this.#written;
    this.#written = this.#used;
  }

  /** Writes the block in memory to the file, and begins a new block of at least `least` bytes. */
  #next(least: number): void {
    this.flush();
    if (this.#size > this.#most) this.#move();
    this.#used = 0;
    this.#written = 0;
    if (least > this.#block.length) this.#block = Buffer.allocUnsafe(least);
  }

  /**
   * Compresses the lines of about two blocks each time one block is written, so that compression catches up with the
   * writing. When the whole history file is compressed, empties this file.
   */
  #move(): void {
    this.#packed ??= openSync(packedOf(this.path), 'ax');
    const part = Buffer.allocUnsafe(2 * this.#block.length);
    const length = readSync(this.#file, part, 0, part.length, this.#moved);
    const lines = part.subarray(0, part.lastIndexOf('\n', length - 1) + 1);
    append(this.#packed, gzipSync(lines, LEVEL));
    this.#moved += lines.length;
    if (this.#moved < this.#size) return;
    // If Baton is killed here, before the plain file is emptied, both files have the same lines. A reader counts such
    // lines once.
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

/**
 * Appends all bytes to a file. If this fails, removes the bytes that were written, and throws: the caller appends all
 * bytes again later, so a part of them would damage the file.
 */
function append(file: number, bytes: Buffer): void {
  let rest = bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(file, rest));
  } catch (error) {
    ftruncateSync(file, fstatSync(file).size - (bytes.length - rest.length));
    throw error;
  }
}
