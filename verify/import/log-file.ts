/** Follows log files of instances and of balancers, which show which instance served which request. */
import { closeSync, existsSync, openSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogSource } from '../client/logs.ts';
import type { Served } from '../core/history/history.ts';
import { servedIn } from './access-log.ts';
import { type LogParser, parseBalancerLine, parseInstanceLine, RoutedLog } from './stack-log.ts';

/**
 * Interval between two reads of a log, milliseconds. Reads cost less than a watcher for each file, and are fast
 * enough.
 */
const LOOK_EVERY_MS = 25;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** The lines of a log. `Position` is a place in the log. */
export interface LogLines<Position> {
  /** Returns the present end of the log. */
  end(): Position;
  /** Yields the complete lines before a position. */
  before(end: Position): AsyncIterable<string>;
  /** Yields the complete lines from a position on. After the signal aborts, yields the rest and then ends. */
  after(start: Position, signal: AbortSignal): AsyncIterable<string>;
}

/** Returns a log that is followed from the time at which `follow` is called. */
export function followedLog<Position>(
  name: string,
  kind: LogSource['kind'],
  lines: LogLines<Position>,
  parser: LogParser,
): LogSource {
  async function* entries(start: Position, signal: AbortSignal): AsyncGenerator<Served> {
    if (parser.learn) for await (const line of lines.before(start)) parser.learn(line);
    for await (const line of lines.after(start, signal)) {
      const served = parser.parse(line);
      if (served !== undefined) yield served;
    }
  }
  return { name, kind, follow: signal => entries(lines.end(), signal) };
}

/** Returns the log of an instance with the requests that it served: JSON lines with `event: "request"`. */
export const instanceLog = (name: string, file: string): LogSource =>
  followedLog(name, 'instance', linesOf(file), { parse: line => parseInstanceLine(name, line) });

/** Returns nginx's log. `nameOf` maps an address (`host:port`) to the name of the instance there. */
export const balancerLog = (file: string, nameOf: (address: string) => string | undefined): LogSource =>
  followedLog('balancer', 'balancer', linesOf(file), { parse: line => parseBalancerLine(line, nameOf) });

/**
 * Returns the log of a balancer in the usual formats of nginx, HAProxy and Traefik.
 *
 * @param own the name of the instance, if the log is an instance's
 */
export function foreignLog(file: string, own?: string): LogSource {
  const name = own ?? 'balancer';
  const kind = own === undefined ? 'balancer' : 'instance';
  return followedLog(name, kind, linesOf(file), { parse: line => servedIn(name, line, own) });
}

/**
 * Returns the logs of a bundled stack that Baton did not start, from the folder that compose shares through volumes.
 * Throws if the folder has no log.
 *
 * @param folder contains `balancer/access.log` (of deploy/balancer.sh), or `instances/NAME.log` (LOG_FILE), or both
 */
export function logFolder(folder: string): LogSource[] {
  const balancer = join(folder, 'balancer', 'access.log');
  const instances = join(folder, 'instances');
  const names = existsSync(instances) ? readdirSync(instances).filter(name => name.endsWith('.log')) : [];
  const sources = names.toSorted().map(file => instanceLog(basename(file, '.log'), join(instances, file)));
  if (existsSync(balancer))
    sources.unshift(followedLog('balancer', 'balancer', linesOf(balancer), new RoutedLog()));
  if (sources.length > 0) return sources;
  throw new Error(
    `${folder}: expected balancer/access.log or instances/NAME.log in it, found neither. ` +
      'Start the stack, or name the folder that it logs to (docs/compose.md)',
  );
}

function linesOf(file: string): LogLines<number> {
  // Creates the file, so that it can be followed from its start. Does not open an existing file, which may be
  // read-only.
  if (!existsSync(file)) closeSync(openSync(file, 'a'));
  return {
    end: () => statSync(file).size,
    before: end => lines(file, 0, end),
    after: (start, signal) => lines(file, start, Number.POSITIVE_INFINITY, signal),
  };
}

/** Yields complete lines from a byte offset up to `end`, or until the abort and then up to the end of the file. */
async function* lines(
  path: string,
  start: number,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const file = await open(path, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  try {
    for (let offset = start; offset < end; ) {
      if (signal?.aborted && end === Number.POSITIVE_INFINITY) end = (await file.stat()).size;
      const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, end - offset), offset);
      if (bytesRead === 0) {
        if (signal === undefined || signal.aborted) return;
        await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
        continue;
      }
      offset += bytesRead;
      const text = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      const cut = text.lastIndexOf(NEWLINE) + 1;
      rest = text.subarray(cut);
      if (cut > 0) yield* text.toString('utf8', 0, cut - 1).split('\n');
    }
  } finally {
    await file.close();
  }
}
