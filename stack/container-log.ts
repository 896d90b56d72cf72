/** Follows the output of a container, also after the container was stopped and started again. */
import { spawn } from 'node:child_process';
import type { LogSource } from '../verify/client/logs.ts';
import type { Served } from '../verify/core/history/history.ts';
import { type Parse, timeOrAbort } from './logs.ts';

const RETRY_MS = 100;

/**
 * Yields the output of a container in pieces. Each line begins with its time, as text of fixed width that sorts by time.
 *
 * @param since a time; lines of exactly this time are included
 * @param signal until it aborts, also yields what the container writes from now on; absent: ends with the last line
 */
export type Read = (container: string, since: string, signal?: AbortSignal) => AsyncIterable<string>;

const readOutput: Read = async function* (container, since, signal) {
  const follow = signal === undefined ? [] : ['--follow'];
  const child = spawn('docker', ['logs', '--timestamps', '--since', since, ...follow, container], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const end = () => child.kill();
  child.on('error', () => {}); // Its output ends then.
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  try {
    yield* child.stdout.setEncoding('utf8');
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
};

export class ContainerLog implements LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  readonly #container: string;
  readonly #parse: Parse;
  readonly #learn: ((line: string) => void) | undefined;
  readonly #read: Read;

  /** @param learn called with each line that was written before `follow` is called */
  constructor(
    name: string,
    kind: 'balancer' | 'instance',
    container: string,
    parse: Parse,
    { learn, read = readOutput }: { learn?: (line: string) => void; read?: Read } = {},
  ) {
    this.name = name;
    this.kind = kind;
    this.#container = container;
    this.#parse = parse;
    this.#learn = learn;
    this.#read = read;
  }

  /** Follows from the time of this call, by the clock of this machine. The engine has the same clock. */
  follow(signal: AbortSignal): AsyncIterable<Served> {
    return this.#entries(new Date().toISOString().replace('Z', '000000Z'), signal);
  }

  async *#entries(start: string, signal: AbortSignal): AsyncGenerator<Served> {
    if (this.#learn)
      for await (const { line, time } of this.#lines(BEGINNING)) if (time < start) this.#learn(line);
    const seen = new Seen(start);
    for (let last = false; !last; ) {
      seen.again();
      last = signal.aborted; // After the abort, reads the output once more, up to its end.
      for await (const { line, time } of this.#lines(seen.time, last ? undefined : signal)) {
        if (!seen.isNew(time)) continue;
        const served = this.#parse(line);
        if (served !== undefined) yield served;
      }
      // The engine ends a log when its container ends, but the container may start again.
      if (!last && !signal.aborted) await timeOrAbort(RETRY_MS, signal);
    }
  }

  /** Yields complete lines. The last piece may end within a line, if it was interrupted. */
  async *#lines(since: string, signal?: AbortSignal): AsyncGenerator<{ time: string; line: string }> {
    let open = '';
    for await (const piece of this.#read(this.#container, since, signal)) {
      const lines = (open + piece).split('\n');
      open = lines.pop() ?? '';
      for (const line of lines) {
        const cut = line.indexOf(' ');
        yield { time: line.slice(0, cut), line: line.slice(cut + 1) };
      }
    }
  }
}

const BEGINNING = '1970-01-01T00:00:00.000000000Z';

/** Removes repeated lines. The engine sends the last line again if the log is requested from the time of that line. */
class Seen {
  time: string;
  /** Number of lines with exactly that time, and number of these lines that are still to be skipped. */
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
