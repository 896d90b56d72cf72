/** Follows the logs of balancers and instances during a run. */
import { closeSync, existsSync, openSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogSource } from '../client/logs.ts';
import type { Served } from '../core/history/history.ts';
import { servedIn } from './access-log.ts';
import { type LogParser, parseBalancerLine, parseInstanceLine, RoutedLog } from './stack-log.ts';

/** Interval between two reads, milliseconds. Reads at this interval cost less than a watcher for each file. */
const LOOK_EVERY_MS = 25;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Returns a log. Its method `follow` yields the entries that are written after the call. */
function followedLog(name: string, kind: LogSource['kind'], file: string, parser: LogParser): LogSource {
  async function* entries(start: number, signal: AbortSignal): AsyncGenerator<Served> {
    if (parser.learn) for await (const line of lines(file, 0, start)) parser.learn(line);
    for await (const line of lines(file, start, Number.POSITIVE_INFINITY, signal)) {
      const served = parser.parse(line);
      if (served !== undefined) yield served;
    }
  }
  // Creates a missing log file, so that it can be followed at once. An existing file may be read-only.
  if (!existsSync(file)) closeSync(openSync(file, 'a'));
  return { name, kind, file, follow: signal => entries(statSync(file).size, signal) };
}

/** Returns the log of a card store instance: JSON lines with `event: "request"`. */
export const instanceLog = (name: string, file: string): LogSource =>
  followedLog(name, 'instance', file, { parse: line => parseInstanceLine(name, line) });

/**
 * Returns the log of the bundled nginx.
 *
 * @param nameOf returns the name of the instance at `host:port`
 */
export const balancerLog = (file: string, nameOf: (address: string) => string | undefined): LogSource =>
  followedLog('balancer', 'balancer', file, { parse: line => parseBalancerLine(line, nameOf) });

/** Returns the log of nginx in a container. The log also names the instances (deploy/balancer.sh). */
export const routedLog = (file: string): LogSource =>
  followedLog('balancer', 'balancer', file, new RoutedLog());

/**
 * Returns the log of a user's balancer (nginx, HAProxy, Traefik) or instance.
 *
 * @param own name of the instance; absent for a balancer
 */
export function foreignLog(file: string, own?: string): LogSource {
  const name = own ?? 'balancer';
  const kind = own === undefined ? 'balancer' : 'instance';
  return followedLog(name, kind, file, { parse: line => servedIn(name, line, own) });
}

/**
 * Returns the logs of a card store that the user started, for example with docker compose.
 *
 * @param folder contains `balancer/access.log` (of deploy/balancer.sh), `instances/NAME.log` (LOG_FILE), or both
 * @throws Error if the folder has neither
 */
export function logFolder(folder: string): LogSource[] {
  const balancer = join(folder, 'balancer', 'access.log');
  const instances = join(folder, 'instances');
  const names = existsSync(instances) ? readdirSync(instances).filter(name => name.endsWith('.log')) : [];
  const sources = names.toSorted().map(file => instanceLog(basename(file, '.log'), join(instances, file)));
  if (existsSync(balancer)) sources.unshift(routedLog(balancer));
  if (sources.length > 0) return sources;
  throw new Error(
    `${folder}: expected balancer/access.log or instances/NAME.log in it, found neither. ` +
      'Start the stack, or name the folder that it logs to (docs/compose.md)',
  );
}

/**
 * Yields the complete lines of a file between two offsets. With a signal, waits for lines that are written later, until
 * the signal has aborted and all lines are read.
 */
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
