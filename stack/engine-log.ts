/** The output of a container as the engine keeps it: followed over stops and starts. */
import type { Container } from 'dockerode';
import type { Served } from '../verify/core/history.ts';
import { type Parse, timeOrAbort } from './logs.ts';
import type { LogSource } from './stack.ts';

/** The engine puts 8 bytes before each piece of output: which stream it is of, and its length in the last four. */
const HEADER_BYTES = 8;
const AGAIN_MS = 100;

/** The output without the engine's frames. */
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
  /** The engine's time of it, as text of fixed width: it sorts as it is. */
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

  /** `learn` gets the lines that were there before. */
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

  /** "Now" is when this is called, by the clock of this machine, which is the engine's too. */
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
      last = signal.aborted; // What was written until then is read once more, to its end.
      for await (const { line, time } of last ? this.#written(seen.time) : this.#growing(seen.time, signal)) {
        if (!seen.isNew(time)) continue;
        const served = this.#parse(line);
        if (served !== undefined) yield served;
      }
      // The engine ends a log with its container, which may start again.
      if (!last && !signal.aborted) await timeOrAbort(AGAIN_MS, signal);
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

/** The engine gives a line again when it is asked for all since that line's time. */
class Seen {
  time: string;
  /** How many lines of that very time there were, and how many are to be passed over. */
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

/** As the engine takes a time: seconds and nanoseconds. */
function seconds(time: string): string {
  return `${Math.floor(Date.parse(time) / 1000)}.${/\.(\d+)Z$/.exec(time)?.[1] ?? '0'}`;
}

function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404;
}
