/** The logs of instances and balancer as they grow: who served which request. */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import type { Served } from '../verify/core/history.ts';
import { servedIn, toldByHaproxy } from '../verify/import/access-log.ts';
import type { LogSource } from './stack.ts';

/** Milliseconds after which a log is looked at again: cheaper than a watcher per file, and as soon as needed. */
const LOOK_EVERY_MS = 25;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export type Parse = (line: string) => Served | undefined;

/** What one instance says of the requests that it answered: JSON lines with `event: "request"`. */
export function instanceLog(name: string, file: string): LogSource {
  return new LogFile(name, 'instance', file, line => parseInstanceLine(name, line));
}

/** What nginx says. `nameOf` knows an instance's name by its address, `host:port`. */
export function balancerLog(
  name: string,
  file: string,
  nameOf: (address: string) => string | undefined,
): LogSource {
  return new LogFile(name, 'balancer', file, line => parseBalancerLine(name, line, nameOf));
}

/** What HAProxy says, which names instances by itself. */
export function haproxyLog(name: string, file: string): LogSource {
  return new LogFile(name, 'balancer', file, line => parseHaproxyLine(name, line));
}

/**
 * A log of somebody else's balancer, as those of nginx, HAProxy and Traefik mostly are.
 *
 * @param own the instance whose own log it is instead
 */
export function foreignLog(file: string, own?: string): LogSource {
  const name = own ?? 'balancer';
  return new LogFile(name, own === undefined ? 'balancer' : 'instance', file, line =>
    servedIn(name, line, own),
  );
}

/** The same of a log that tells by itself which address is which instance: what it told before is read first. */
export function tellingBalancerLog(name: string, file: string): LogSource {
  const routes = new Routes();
  return new LogFile(name, 'balancer', file, routes.parser(name), line => routes.learn(line));
}

const routedLine = z.object({
  event: z.literal('routed'),
  instances: z.record(z.string(), z.string()),
});

/**
 * Which address is which instance, as deploy/balancer.sh tells it in nginx's log: in the order of what happened, for
 * an address may go from one container to another. Those that have gone are remembered.
 */
export class Routes {
  readonly #names = new Map<string, string>();

  /** Takes up what a line says of addresses; other lines say nothing. */
  learn(line: string): void {
    if (!line.includes('"routed"')) return; // Spares the parser a million lines.
    const parsed = routedLine.safeParse(parseJson(line));
    for (const [address, name] of Object.entries(parsed.data?.instances ?? {}))
      this.#names.set(address, name);
  }

  /** Of the lines of that log in their order. */
  parser(name: string): Parse {
    return line => {
      this.learn(line);
      return parseBalancerLine(name, line, address => this.#names.get(address));
    };
  }
}

const instanceLine = z.object({
  event: z.literal('request'),
  request: z.string(),
  status: z.number(),
});

/** The name is that of whose log it is: the line's own word for it could be wrong. */
export function parseInstanceLine(name: string, line: string): Served | undefined {
  const parsed = instanceLine.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  const { request, status } = parsed.data;
  return {
    type: 'served',
    source: name,
    kind: 'instance',
    request,
    instance: name,
    status,
  };
}

// Of each try, in order: nginx puts ", " or " : " between them.
const tries = z.string().transform(text => text.split(/, | : /).filter(part => part !== ''));
const balancerLine = z.object({
  event: z.literal('balanced'),
  request: z.string(),
  status: z.number(),
  tried: tries,
  upstreamHeaderTime: tries,
  // Seconds since 1970, and for how long each try had it.
  ended: z.number().optional(),
  upstreamSeconds: tries.optional(),
});

/** Who answered is the address that was tried last, if headers came from it; what the answer claims is not asked. */
export function parseBalancerLine(
  name: string,
  line: string,
  nameOf: (address: string) => string | undefined,
): Served | undefined {
  const parsed = balancerLine.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  const { request, status, tried, upstreamHeaderTime, ended, upstreamSeconds } = parsed.data;
  const answered = (upstreamHeaderTime.at(-1) ?? '-') !== '-';
  const last = tried.at(-1);
  return {
    type: 'served',
    source: name,
    kind: 'balancer',
    request,
    ...(answered && last !== undefined && { instance: nameOf(last) ?? last }),
    // Without an address: nginx names the group when it had nobody to try.
    tried: tried.filter(address => address.includes(':')).map(address => nameOf(address) ?? address),
    status,
    ...spanOf(ended, upstreamSeconds),
  };
}

/** When the one instance that was tried had the request, microseconds. */
function spanOf(
  ended: number | undefined,
  lasted: readonly string[] = [],
): { began?: number; ended?: number } {
  const seconds = lasted.length === 1 ? Number(lasted[0]) : Number.NaN;
  if (ended === undefined || Number.isNaN(seconds)) return {};
  return { began: Math.round((ended - seconds) * 1e6), ended: Math.round(ended * 1e6) };
}

/** A line of deploy/haproxy.cfg.template: the name of the request is the one header that is captured. */
export function parseHaproxyLine(name: string, line: string): Served | undefined {
  const request = / \{(?<request>[\w.-]{1,128})\} "/.exec(line)?.groups?.['request'];
  const told = request === undefined ? undefined : toldByHaproxy(line);
  if (request === undefined || told === undefined) return undefined;
  return { type: 'served', source: name, kind: 'balancer', request, ...told };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // Other output, or a line that a killed process left half written.
  }
}

class LogFile implements LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  readonly #file: string;
  readonly #parse: Parse;
  readonly #learn: ((line: string) => void) | undefined;

  /** `learn` gets the lines that were there before. */
  constructor(
    name: string,
    kind: 'balancer' | 'instance',
    file: string,
    parse: Parse,
    learn?: (line: string) => void,
  ) {
    this.name = name;
    this.kind = kind;
    this.#file = file;
    this.#parse = parse;
    this.#learn = learn;
    // There from the start, so that it can be followed from the start. One that is there may be read-only.
    if (!existsSync(file)) closeSync(openSync(file, 'a'));
  }

  /** "Now" is when this is called, not when the first entry is asked for. */
  follow(signal: AbortSignal): AsyncIterable<Served> {
    return this.#entries(statSync(this.#file).size, signal);
  }

  async *#entries(start: number, signal: AbortSignal): AsyncGenerator<Served> {
    const file = await open(this.#file, 'r');
    try {
      if (this.#learn) for await (const line of lines(file, 0, signal, start)) this.#learn(line);
      for await (const line of lines(file, start, signal)) {
        const served = this.#parse(line);
        if (served !== undefined) yield served;
      }
    } finally {
      await file.close();
    }
  }
}

/** Whole lines from a byte on, up to `end` or for ever; after an abort, up to where the file ended then. */
async function* lines(
  file: FileHandle,
  start: number,
  signal: AbortSignal,
  end = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let offset = start;
  let rest = Buffer.alloc(0);
  while (offset < end) {
    if (signal.aborted && end === Number.POSITIVE_INFINITY) end = (await file.stat()).size;
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, end - offset), offset);
    if (bytesRead === 0) {
      if (signal.aborted) return;
      await timeOrAbort(LOOK_EVERY_MS, signal);
      continue;
    }
    offset += bytesRead;
    const text = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const cut = text.lastIndexOf(NEWLINE) + 1;
    rest = text.subarray(cut);
    if (cut > 0) yield* text.toString('utf8', 0, cut - 1).split('\n');
  }
}

/** Resolves after that time, or at once when the signal aborts. */
export function timeOrAbort(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
