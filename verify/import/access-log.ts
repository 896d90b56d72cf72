/** Parses balancers' access logs in common formats, to find which instance served each request. */
import type { Served } from '../core/history/history.ts';
import { barePath } from '../core/response/paths.ts';

/** Matches Baton's X-Request-Id, which links a log line to its request. */
const REQUEST = /\b\d{8}-\d{6}-[0-9a-f]{6}-\d+\b/;
/**
 * Matches `"$request" $status` in a line of nginx's log. After it come the addresses of all tried instances
 * (`$upstream_addr`).
 */
const NGINX = /"[A-Z]+ [^"]*" (?<status>\d{3}) /;
const ADDRESS = /(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}/g;
/** Matches HAProxy's HTTP log. The fourth timer is the time until the response headers, or -1 without a response. */
const HAPROXY =
  / [\w.~-]+ [\w.-]+\/(?<server>[\w.<>-]+) (?:-?\d+\/){3}\+?(?<head>-?\d+)(?:\/\+?-?\d+)? (?<status>-?\d{3}|-1) (?:(?:\S+ ){4}(?:\d+\/){4}\+?(?<retries>\d+))?/;
/** Stands for an instance that the balancer tried, but that the log does not name. */
const SOME = '?';

/** Matches a line of AWS ALB: type, time, balancer, client, target, three durations, statuses, bytes, request. */
const ALB =
  /^(?:https?|h2|grpcs|wss?) (?<time>\S+) \S+ \S+ (?<target>\S+) \S+ \S+ \S+ (?<status>\d{3}) \S+ \d+ \d+ "\S+ (?<url>\S+) [^"]*" /;

/** A log entry without an X-Request-Id. */
export interface Unnamed {
  instance: string;
  status: number;
  path: string;
  /** Earliest and latest time at which the request may have ended, milliseconds since 1970. */
  from: number;
  to: number;
}

/**
 * Parses a log line with an X-Request-Id of Baton. Returns undefined for any other line.
 *
 * @param source name of the log
 * @param own name of the instance that wrote the log; absent for a balancer
 */
export function servedIn(source: string, line: string, own?: string): Served | undefined {
  const request = REQUEST.exec(line)?.[0];
  if (request === undefined) return undefined;
  if (own !== undefined)
    return { type: 'served', source, kind: 'instance', request, instance: own, status: statusIn(line) };
  const entry = line.startsWith('{') ? inJson(line) : (inAlb(line) ?? haproxyEntryIn(line) ?? inNginx(line));
  return entry === undefined ? undefined : { type: 'served', source, kind: 'balancer', request, ...entry };
}

const statusIn = (line: string): number =>
  Number(/"status(?:_code|Code)?":"?(\d{3})\b/.exec(line)?.[1] ?? /"\s(\d{3})\s/.exec(line)?.[1] ?? 0);

/** Parses a log line without an X-Request-Id, in the format of ALB, or of nginx with the default time format. */
export function unnamedIn(line: string): Unnamed | undefined {
  const alb = ALB.exec(line)?.groups;
  if (alb !== undefined) {
    const at = Date.parse(alb['time'] ?? '');
    const url = URL.parse(alb['url'] ?? '');
    return unnamed(inAlb(line), url?.pathname, at, at);
  }
  const [, day, month, year, time, zone, path] = NGINX_TIME.exec(line) ?? [];
  const at = Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
  // nginx logs whole seconds, so a request may have ended up to 999 ms later.
  return unnamed(inNginx(line), path, at, at + 999);
}

/** Matches `[25/Nov/2026:02:22:04 +0000] "GET /path?query HTTP/1.1"`. */
const NGINX_TIME = /\[(\d\d)\/(\w{3})\/(\d{4}):([\d:]{8}) ([+-]\d{4})\] "[A-Z]+ ([^\s?"]+)[^"]*"/;

function unnamed(entry: LogEntry | undefined, path: string | undefined, from: number, to: number) {
  if (entry?.instance === undefined || path === undefined || Number.isNaN(from)) return undefined;
  return { instance: entry.instance, status: entry.status, path: barePath(path), from, to };
}

type LogEntry = Pick<Served, 'instance' | 'tried' | 'status'>;

/** In a line of ALB, the target `-` means that ALB reached no target. */
function inAlb(line: string): LogEntry | undefined {
  const { target, status } = ALB.exec(line)?.groups ?? {};
  return target === undefined ? undefined : entryOf(target === '-' ? [] : [target], Number(status));
}

function inNginx(line: string): LogEntry | undefined {
  const match = NGINX.exec(line);
  if (match === null) return undefined;
  // Skips the part before the status, because this part contains the client's address.
  return nginxEntryIn(line.slice(match.index + match[0].length), match.groups?.['status']);
}

/** Finds the addresses of all tried instances in the part after the status. Skips URLs, such as the referer. */
function nginxEntryIn(rest: string, status: string | undefined): LogEntry {
  const tried = [...rest.replaceAll(/\w+:\/\/[^\s"]*/g, '').matchAll(ADDRESS)].map(([address]) => address);
  return entryOf(tried, Number(status));
}

function haproxyEntryIn(line: string): LogEntry | undefined {
  const { server, head, status, retries = '0' } = HAPROXY.exec(line)?.groups ?? {};
  if (server === undefined) return undefined;
  const before = Array.from({ length: Number(retries) }, () => SOME);
  const { instance, ...rest } = entryOf(
    server.startsWith('<') ? before : [...before, server],
    Number(status),
  );
  // HAProxy names a server even if HAProxy itself made the response. The fourth timer is then -1.
  return { ...rest, ...(instance !== undefined && instance !== SOME && head !== '-1' && { instance }) };
}

/** Members of JSON log lines that hold the status and the instance, as Traefik and nginx (`escape=json`) name them. */
const STATUS = ['DownstreamStatus', 'status', 'response_code', 'http_status'];
const INSTANCE = [
  'ServiceAddr',
  'ServiceURL',
  'upstream_addr',
  'upstreamAddr',
  'upstream',
  'tried',
  'upstream_host',
];

function inJson(line: string): LogEntry | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const of = (names: readonly string[]): string =>
    String(names.map(name => entry[name]).find(value => value !== undefined) ?? '');
  const tried = of(INSTANCE)
    .split(/, | : /)
    .map(address => address.replace(/^\w+:\/\//, '').replace(/\/.*$/, ''))
    .filter(address => address !== '' && address !== '-');
  return entryOf(tried, Number(of(STATUS)));
}

function entryOf(tried: string[], status: number): LogEntry {
  const instance = tried.at(-1);
  return { ...(instance === undefined ? {} : { instance }), tried, status };
}
