/** Follows the logs of instances and of the balancer, which show which instance served which request. */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import type { LogSource } from '../verify/client/logs.ts';
import type { Served } from '../verify/core/history/history.ts';
import { haproxyEntryIn, servedIn } from '../verify/import/access-log.ts';

/** Milliseconds between two reads of a log. Reads cost less than a watcher for each file, and are fast enough. */
const LOOK_EVERY_MS = 25;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export type Parse = (line: string) => Served | undefined;

/** Returns the log of an instance with the requests that it served: JSON lines with `event: "request"`. */
export function instanceLog(name: string, file: string): LogSource {
  return new LogFile(name, 'instance', file, line => parseInstanceLine(name, line));
}

/** Returns nginx's log. `nameOf` maps an address (`host:port`) to the name of the instance there. */
export function balancerLog(
  name: string,
  file: string,
  nameOf: (address: string) => string | undefined,
): LogSource {
  return new LogFile(name, 'balancer', file, line => parseBalancerLine(name, line, nameOf));
}

/** Returns HAProxy's log, whose lines name the instances. */
export function haproxyLog(name: string, file: string): LogSource {
  return new LogFile(name, 'balancer', file, line => parseHaproxyLine(name, line));
}

/**
 * Returns the log of a balancer that Baton did not start, in the usual formats of nginx, HAProxy and Traefik.
 *
 * @param own the name of the instance, if the log is an instance's
 */
export function foreignLog(file: string, own?: string): LogSource {
  const name = own ?? 'balancer';
  return new LogFile(name, own === undefined ? 'balancer' : 'instance', file, line =>
    servedIn(name, line, own),
  );
}

/** Returns a log of nginx whose lines also name the instance of each address. Reads its earlier lines first. */
export function routedBalancerLog(name: string, file: string): LogSource {
  const routes = new InstanceAddresses();
  return new LogFile(name, 'balancer', file, routes.parser(name), line => routes.learn(line));
}

const routedLine = z.object({
  event: z.literal('routed'),
  instances: z.record(z.string(), z.string()),
});

/**
 * Maps addresses to instances, from the lines of deploy/balancer.sh in nginx's log. Their order matters, because an
 * address may move to another container. Former addresses stay in the map.
 */
export class InstanceAddresses {
  readonly #names = new Map<string, string>();

  /** Adds the addresses of a line; ignores lines without addresses. */
  learn(line: string): void {
    if (!line.includes('"routed"')) return; // Skips most lines at low cost: a log may have a million.
    const parsed = routedLine.safeParse(parseJson(line));
    for (const [address, name] of Object.entries(parsed.data?.instances ?? {}))
      this.#names.set(address, name);
  }

  /** Returns a parser for the lines of that log. The lines must be passed in order. */
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

/** Parses a line of an instance's log. Uses the name of the log, because the name in the line could be wrong. */
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

// Splits a list with one value for each attempt, in order. nginx separates the values by ", " or " : ".
const tries = z.string().transform(text => text.split(/, | : /).filter(part => part !== ''));
const balancerLine = z.object({
  event: z.literal('balanced'),
  request: z.string(),
  status: z.number(),
  tried: tries,
  upstreamHeaderTime: tries,
  // End of the request in seconds since 1970, and the duration of each attempt in seconds.
  ended: z.number().optional(),
  upstreamSeconds: tries.optional(),
});

/** Parses a line of nginx's log. The instance is the last one that nginx tried, if it sent headers. */
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
    // Skips the name of the group. nginx logs this name if it had no instance to try.
    tried: tried.filter(address => address.includes(':')).map(address => nameOf(address) ?? address),
    status,
    ...spanOf(ended, upstreamSeconds),
  };
}

/** Returns when the request began and ended at the instance, microseconds. Empty unless one instance was tried. */
function spanOf(
  ended: number | undefined,
  lasted: readonly string[] = [],
): { began?: number; ended?: number } {
  const seconds = lasted.length === 1 ? Number(lasted[0]) : Number.NaN;
  if (ended === undefined || Number.isNaN(seconds)) return {};
  return { began: Math.round((ended - seconds) * 1e6), ended: Math.round(ended * 1e6) };
}

/** Parses a line in the format of deploy/haproxy.cfg.template. The braces in it contain only the request id. */
export function parseHaproxyLine(name: string, line: string): Served | undefined {
  const request = / \{(?<request>[\w.-]{1,128})\} "/.exec(line)?.groups?.['request'];
  const served = request === undefined ? undefined : haproxyEntryIn(line);
  if (request === undefined || served === undefined) return undefined;
  return { type: 'served', source: name, kind: 'balancer', request, ...served };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // Other output, or a line that a killed process left incomplete.
  }
}

class LogFile implements LogSource {
  readonly name: string;
  readonly kind: 'balancer' | 'instance';
  readonly #file: string;
  readonly #parse: Parse;
  readonly #learn: ((line: string) => void) | undefined;

  /** @param learn called with each line that was written before `follow` is called */
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
    // Creates the file, so that it can be followed from its start. Opens no existing file: it may be read-only.
    if (!existsSync(file)) closeSync(openSync(file, 'a'));
  }

  /** Follows from the time of this call, not from the time of the first read. */
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

/** Yields complete lines from a byte offset up to `end`; without `end`, until the abort. */
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

/** Resolves after `ms`, or at once when the signal aborts. */
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
