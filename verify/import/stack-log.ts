/** Parses the logs of the card store: of instances, and of nginx with deploy/nginx.conf.template. */
import { z } from 'zod';
import type { Served } from '../core/history/history.ts';

/** Parses the lines of one log, in order. */
export interface LogParser {
  /** Returns the entry of a served request; undefined if the line is about something else. */
  parse(line: string): Served | undefined;
  /** Called with each line from before the run, because a line may give the address of an instance. */
  learn?(line: string): void;
}

const routedLine = z.object({
  event: z.literal('routed'),
  instances: z.record(z.string(), z.string()),
});

/**
 * Parses the log of nginx in a container. deploy/balancer.sh adds lines with the addresses of the instances. The latest
 * of these lines applies.
 */
export class RoutedLog implements LogParser {
  readonly #names = new Map<string, string>();

  learn(line: string): void {
    // Checks first whether the line can contain addresses, because a log may have a million lines without them.
    if (!line.includes('"routed"')) return;
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

/**
 * Parses a line of an instance's log.
 *
 * @param name name of the log; the name in the line may be wrong
 */
export function parseInstanceLine(name: string, line: string): Served | undefined {
  const { data } = instanceLine.safeParse(parseJson(line));
  if (data === undefined) return undefined;
  const { request, status } = data;
  return { type: 'served', source: name, kind: 'instance', request, instance: name, status };
}

// nginx separates the values of several tried instances by ", " or " : ".
const tries = z.string().transform(text => text.split(/, | : /).filter(part => part !== ''));
const balancerLine = z.object({
  event: z.literal('balanced'),
  request: z.string(),
  status: z.number(),
  tried: tries,
  upstreamHeaderTime: tries,
  // End of the request, seconds since 1970, and duration of each attempt, seconds.
  ended: z.number().optional(),
  upstreamSeconds: tries.optional(),
});

/**
 * Parses a line of nginx's log. The entry names the last tried instance, if this instance sent response headers.
 *
 * @param nameOf maps an address (`host:port`) to the name of its instance
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
    type: 'served',
    source: 'balancer',
    kind: 'balancer',
    request,
    ...(answered && last !== undefined && { instance: nameOf(last) ?? last }),
    // If no instance is available, nginx logs the name of the upstream group instead of an address.
    tried: tried.filter(address => address.includes(':')).map(address => nameOf(address) ?? address),
    status,
    ...spanOf(ended, upstreamSeconds),
  };
}

/** Returns when the instance began and ended the request, microseconds; empty if nginx tried several instances. */
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
    return undefined; // The line is other output of the program, or was left incomplete when the program was killed.
  }
}
