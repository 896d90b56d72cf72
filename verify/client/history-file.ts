/** Writes events to a history file, in blocks. Lines that must survive a kill of Baton are written immediately. */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Event } from '../core/history/history.ts';
import { packedOf } from '../lines.ts';
import { lineOf } from './history-line.ts';

/** Size of the blocks that are written or compressed, bytes. */
const BLOCK = 1 << 18;
/** Maximum number of bytes that UTF-8 needs for one unit of a string. */
const WIDEST = 3;
/** The fastest level of compression. Higher levels gain little, because the lines are similar. */
const LEVEL = { level: 1 };

export class HistoryFile {
  readonly path: string;
  readonly #file: number;
  /** The compressed file, if there is one. Each full block moves from the history file to this file. */
  readonly #packed: number | undefined;
  #block = Buffer.allocUnsafe(BLOCK);
  #used = 0;
  /** Number of bytes of the present block that are already in the history file. */
  #written = 0;
  #closed = false;
  readonly #onEvent: (event: Event) => void;

  /**
   * @param onEvent called with each event that is written
   * @param compress if true, full blocks move to a compressed second file
   * @throws when the file exists already or cannot be created: a history is never overwritten
   */
  constructor(path: string, onEvent: (event: Event) => void = () => {}, compress = false) {
    this.#onEvent = onEvent;
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#file = openSync(path, 'ax');
    this.#packed = compress ? openSync(packedOf(path), 'ax') : undefined;
  }

  /**
   * Adds an event to the block in memory, which a kill of Baton loses. For events that must survive, call `writeNow`.
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
    this.#written = this.#used;
  }

  /** Begins a new block of at least `least` bytes. */
  #next(least: number): void {
    if (this.#packed === undefined) this.flush();
    else if (this.#used > 0) {
      append(this.#packed, gzipSync(this.#block.subarray(0, this.#used), LEVEL));
      // If Baton is killed just before this statement, both files have these lines. Readers of the history count them
      // once.
      ftruncateSync(this.#file, 0);
    }
    this.#used = 0;
    this.#written = 0;
    if (least > this.#block.length) this.#block = Buffer.allocUnsafe(least);
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    closeSync(this.#file);
    if (this.#packed !== undefined) closeSync(this.#packed);
  }
}

function append(file: number, bytes: Buffer): void {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(writeSync(file, rest));
}
