/** Parses the log lines of the bundled system: of an instance, and of nginx with deploy/nginx.conf.template. */
import { z } from 'zod';
import type { Served } from '../core/history/history.ts';

/** Parses the lines of one log, which are passed in order. */
export interface LogParser {
  /** Returns the entry in a line; undefined for other lines. */
  parse(line: string): Served | undefined;
  /** Called with each line that was written before the log is followed. */
  learn?(line: string): void;
}

const routedLine = z.object({
  event: z.literal('routed'),
  instances: z.record(z.string(), z.string()),
});

/**
 * Parses the log of nginx in a container, where deploy/balancer.sh adds lines that map addresses to instances. Their
 * order matters, because an address may move to another container. Former addresses stay in the map.
 */
export class RoutedLog implements LogParser {
  readonly #names = new Map<string, string>();

  /** Adds the addresses of a line; ignores lines without addresses. */
  learn(line: string): void {
    if (!line.includes('"routed"')) return; // Skips most lines at low cost: a log may have a million.
    const parsed = routedLine.safeParse(parseJson(line));
    for (const [address, name] of Object.entries(parsed.data?.instances ?? {}))
      this.#names.set(address, name);
  }

  parse(line: string): Served | undefined {
    this.learn(line);
    return parseBalancerLine(line, address => this.#names.get(address));
  }
}

const instanceLine = z.object({
  event: z.literal('request'),
  request: z.string(),
  status: z.number(),
});

/** Parses a line of an instance's log. Uses the name of the log, because the name in the line could be wrong. */
export function parseInstanceLine(name: string, line: string): Served | undefined {
  const { data } = instanceLine.safeParse(parseJson(line));
  if (data === undefined) return undefined;
  const { request, status } = data;
  return { type: 'served', source: name, kind: 'instance', request, instance: name, status };
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

/**
 * Parses a line of nginx's log. The instance is the last one that nginx tried, if it sent headers.
 *
 * @param nameOf maps an address (`host:port`) to the name of the instance there
 */
export function parseBalancerLine(
  line: string,
  nameOf: (address: string) => string | undefined,
): Served | undefined {
  const { data } = balancerLine.safeParse(parseJson(line));
  if (data === undefined) return undefined;
  const { request, status, tried, upstreamHeaderTime, ended, upstreamSeconds } = data;
  const answered = (upstreamHeaderTime.at(-1) ?? '-') !== '-';
  const last = tried.at(-1);
  return {
    ...{ type: 'served', source: 'balancer', kind: 'balancer', request },
    ...(answered && last !== undefined && { instance: nameOf(last) ?? last }),
    // Skips the name of the group, which nginx logs if it had no instance to try.
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

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // Other output, or a line that a killed process left incomplete.
  }
}
