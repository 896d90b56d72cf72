/** Appends events to a history file, so that a kill at any moment leaves what was recorded until then. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Event } from '../core/history.ts';

const BUFFERED = 1 << 16;

export class HistoryFile {
  readonly path: string;
  readonly #file: number;
  #buffer = '';
  #closed = false;

  /** @throws when the file exists already or cannot be made: a history is never written over */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#file = openSync(path, 'ax');
  }

  /** Reads and log entries may wait in the buffer; see `writeNow` for what may not. */
  write(event: Event): void {
    if (this.#closed) return;
    this.#buffer += `${JSON.stringify(event)}\n`;
    if (this.#buffer.length > BUFFERED) this.flush();
  }

  /**
   * For the start of an operation that may change something: once this returns the line is with the
   * operating system, and a kill of this process no longer loses it.
   */
  writeNow(event: Event): void {
    this.write(event);
    this.flush();
  }

  flush(): void {
    let rest = Buffer.from(this.#buffer);
    this.#buffer = '';
    while (rest.length > 0) rest = rest.subarray(writeSync(this.#file, rest));
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    closeSync(this.#file);
  }
}
