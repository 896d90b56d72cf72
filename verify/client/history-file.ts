/** Appends events to a history file, so that a kill of the process loses as little as possible. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Event } from '../core/history/history.ts';

const BUFFERED = 1 << 16;

export class HistoryFile {
  readonly path: string;
  readonly #file: number;
  #buffer = '';
  #closed = false;

  /** @throws when the file exists already or cannot be created: a history is never overwritten */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#file = openSync(path, 'ax');
  }

  /** Writes an event to a buffer, which a kill of the process may lose. If an event must survive, call `writeNow`. */
  write(event: Event): void {
    if (this.#closed) return;
    this.#buffer += `${JSON.stringify(event)}\n`;
    if (this.#buffer.length > BUFFERED) this.flush();
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
