/** Reads the output of a container, also across a stop and restart of the container. */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogLines } from '../verify/import/log-file.ts';

const RETRY_MS = 100;

/**
 * Yields the output of a container. Each line begins with its timestamp, as text that sorts by time.
 * @param since timestamp of the earliest line, inclusive
 * @param signal if given, waits for new lines until the signal aborts; otherwise stops at the last line
 */
export type Read = (container: string, since: string, signal?: AbortSignal) => AsyncIterable<string>;

const readOutput: Read = async function* (container, since, signal) {
  const follow = signal === undefined ? [] : ['--follow'];
  const child = spawn('docker', ['logs', '--timestamps', '--since', since, ...follow, container], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const end = () => child.kill();
  child.on('error', () => {}); // The stream of the output ends after this error.
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  try {
    yield* child.stdout.setEncoding('utf8');
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
};

/** Returns a reader of a container's log. The Docker engine must use the clock of this machine. */
export function containerLines(container: string, read: Read = readOutput): LogLines<string> {
  async function* lines(since: string, signal?: AbortSignal): AsyncGenerator<{ time: string; line: string }> {
    let open = '';
    for await (const piece of read(container, since, signal)) {
      const all = (open + piece).split('\n');
      open = all.pop() ?? '';
      for (const one of all) {
        const cut = one.indexOf(' ');
        yield { time: one.slice(0, cut), line: one.slice(cut + 1) };
      }
    }
  }
  return {
    end: () => new Date().toISOString().replace('Z', '000000Z'),
    async *before(end) {
      for await (const { line, time } of lines(BEGINNING)) if (time < end) yield line;
    },
    async *after(start, signal) {
      const seen = new Seen(start);
      for (let last = false; !last; ) {
        seen.again();
        last = signal.aborted; // Reads the output up to its end once more.
        for await (const { line, time } of lines(seen.time, last ? undefined : signal))
          if (seen.isNew(time)) yield line;
        // Reads again after a pause: the output ends when the container stops, but the container may be restarted.
        if (!last) await pause(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    },
  };
}

const BEGINNING = '1970-01-01T00:00:00.000000000Z';

/** Skips lines that were read before. Each read begins at the timestamp of the last line, and returns it again. */
class Seen {
  time: string;
  #count = 0;
  #skip = 0;

  constructor(start: string) {
    this.time = start;
  }

  isNew(time: string): boolean {
    if (time < this.time) return false;
    if (time === this.time && this.#skip > 0) {
      this.#skip -= 1;
      return false;
    }
    this.#count = time === this.time ? this.#count + 1 : 1;
    this.time = time;
    return true;
  }

  again(): void {
    this.#skip = this.#count;
  }
}
