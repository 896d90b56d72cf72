/** Appends events to a history file, so that a kill of the process loses as little as possible. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Event } from '../core/history/history.ts';
import { lineOf } from './history-line.ts';

/** Size of the blocks that are written, bytes. */
const BLOCK = 1 << 18;
/** Maximum number of bytes that UTF-8 needs for one unit of a string. */
const WIDEST = 3;

export class HistoryFile {
  readonly path: string;
  readonly #file: number;
  readonly #block = Buffer.allocUnsafe(BLOCK);
  #used = 0;
  #closed = false;
  readonly #onEvent: (event: Event) => void;

  /**
   * @param onEvent called with each event that is written
   * @throws when the file exists already or cannot be created: a history is never overwritten
   */
  constructor(path: string, onEvent: (event: Event) => void = () => {}) {
    this.#onEvent = onEvent;
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#file = openSync(path, 'ax');
  }

  /** Writes an event to a block, which a kill of the process may lose. If an event must survive, call `writeNow`. */
  write(event: Event): void {
    if (this.#closed) return;
    const line = lineOf(event);
    if (this.#used + line.length * WIDEST > BLOCK) this.flush();
    if (line.length * WIDEST > BLOCK) this.#append(Buffer.from(line));
    else this.#used += this.#block.write(line, this.#used);
    this.#onEvent(event);
  }

  /**
   * Writes the start of an operation that may change state. When it returns, the operating system has the line, and a
   * kill of this process cannot lose it.
   */
  writeNow(event: Event): void {
    this.write(event);
    this.flush();
  }

  flush(): void {
    this.#append(this.#block.subarray(0, this.#used));
    this.#used = 0;
  }

  #append(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) rest = rest.subarray(writeSync(this.#file, rest));
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    closeSync(this.#file);
  }
}
