/** Follows the output of a container, as the engine stores it. Continues when the container is stopped and started. */
import type { Container } from 'dockerode';
import type { LogSource } from '../verify/client/logs.ts';
import type { Served } from '../verify/core/history/history.ts';
import { type Parse, timeOrAbort } from './logs.ts';

/** The engine puts 8 bytes before each piece of output. The first byte is the stream, the last four are the length. */
const HEADER_BYTES = 8;
const RETRY_MS = 100;

/** Returns the output without the headers that the engine adds. */
export function text(framed: Buffer): string {
  return unframe(framed).text.toString('utf8');
}

function unframe(framed: Buffer): { text: Buffer; rest: Buffer } {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= framed.length) {
    const end = at + HEADER_BYTES + framed.readUInt32BE(at + 4);
    if (end > framed.length) break;
    pieces.push(framed.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return { text: Buffer.concat(pieces), rest: framed.subarray(at) };
}

interface Line {
  /** The engine's timestamp, as text of fixed width that sorts by time. */
  time: string;
  line: string;
}

async function* linesOf(stream: AsyncIterable<Buffer | string> | Iterable<Buffer>): AsyncGenerator<Line> {
  let framed: Buffer = Buffer.alloc(0);
  let open = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const { text, rest } = unframe(Buffer.concat([framed, Buffer.from(chunk)]));
    framed = rest;
    const lines = (open + decoder.decode(text, { stream: true })).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) {
      const cut = line.indexOf(' ');
      yield { time: line.slice(0, cut), line: line.slice(cut + 1) };
    }
  }
}

export class EngineLog implements LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  readonly #container: Container;
  readonly #parse: Parse;
  readonly #learn: ((line: string) => void) | undefined;

  /** @param learn called with each line that was written before `follow` is called */
  constructor(
    name: string,
    kind: 'balancer' | 'instance',
    container: Container,
    parse: Parse,
    learn?: (line: string) => void,
  ) {
    this.name = name;
    this.kind = kind;
    this.#container = container;
    this.#parse = parse;
    this.#learn = learn;
  }

  /** Follows from the time of this call, by the clock of this machine. The engine has the same clock. */
  follow(signal: AbortSignal): AsyncIterable<Served> {
    return this.#entries(new Date().toISOString().replace('Z', '000000Z'), signal);
  }

  async *#entries(start: string, signal: AbortSignal): AsyncGenerator<Served> {
    if (this.#learn) {
      for await (const { line, time } of this.#written()) if (time < start) this.#learn(line);
    }
    const seen = new Seen(start);
    for (let last = false; !last; ) {
      seen.again();
      last = signal.aborted; // After the abort, reads the output once more, up to its end.
      for await (const { line, time } of last ? this.#written(seen.time) : this.#growing(seen.time, signal)) {
        if (!seen.isNew(time)) continue;
        const served = this.#parse(line);
        if (served !== undefined) yield served;
      }
      // The engine ends a log when its container ends, but the container may start again.
      if (!last && !signal.aborted) await timeOrAbort(RETRY_MS, signal);
    }
  }

  async *#written(since?: string): AsyncGenerator<Line> {
    try {
      const log = await this.#container.logs({ ...OUTPUT, ...(since && { since: seconds(since) }) });
      yield* linesOf([log]);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  async *#growing(since: string, signal: AbortSignal): AsyncGenerator<Line> {
    try {
      const stream = await this.#container.logs({ ...OUTPUT, since: seconds(since), follow: true });
      const close = () => 'destroy' in stream && typeof stream.destroy === 'function' && stream.destroy();
      signal.addEventListener('abort', close);
      if (signal.aborted) close();
      try {
        yield* linesOf(stream);
      } finally {
        signal.removeEventListener('abort', close);
        close();
      }
    } catch (error) {
      if (!signal.aborted && !isGone(error)) throw error;
    }
  }
}

const OUTPUT = { stdout: true, stderr: false, timestamps: true } as const;

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

/** Converts a time to the engine's format: seconds and nanoseconds. */
function seconds(time: string): string {
  return `${Math.floor(Date.parse(time) / 1000)}.${/\.(\d+)Z$/.exec(time)?.[1] ?? '0'}`;
}

function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404;
}
