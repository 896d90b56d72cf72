/** Access logs of balancers, as they are usually written: which instance answered which request of a run. */
import type { Served } from '../core/history.ts';
import { barePath } from '../core/paths.ts';

/** What every request of Baton carries as X-Request-Id; a balancer that logs it tells who served it. */
const REQUEST = /\b\d{8}-\d{6}-[0-9a-f]{6}-\d+\b/;
/** nginx: "$request" $status, and somewhere $upstream_addr: each address that was tried. */
const NGINX = /"[A-Z]+ [^"]*" (?<status>\d{3}) /;
const ADDRESS = /(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}/g;
/**
 * HAProxy's HTTP log: frontend backend/server timers status … connections/retries. The fourth timer is how long the
 * head of the answer took, -1 where none came.
 */
const HAPROXY =
  / [\w.~-]+ [\w.-]+\/(?<server>[\w.<>-]+) (?:-?\d+\/){3}\+?(?<head>-?\d+)(?:\/\+?-?\d+)? (?<status>-?\d{3}|-1) (?:(?:\S+ ){4}(?:\d+\/){4}\+?(?<retries>\d+))?/;
/** Stands for an instance that was tried, where a log does not say which. */
const SOME = '?';

/** AWS ALB: type, time, balancer, client, target, three durations, statuses, bytes, request. */
const ALB =
  /^(?:https?|h2|grpcs|wss?) (?<time>\S+) \S+ \S+ (?<target>\S+) \S+ \S+ \S+ (?<status>\d{3}) \S+ \d+ \d+ "\S+ (?<url>\S+) [^"]*" /;

/** What a line says of a request that it does not name. */
export interface Unnamed {
  instance: string;
  status: number;
  /** As it was asked for, without query. */
  path: string;
  /** Between these the request ended, milliseconds since the epoch. */
  from: number;
  to: number;
}

/**
 * @param source what the log is called
 * @param own the instance whose own log it is; absent: a balancer's
 * @returns what a line says of a request of Baton; undefined when it says nothing of one
 */
export function servedIn(source: string, line: string, own?: string): Served | undefined {
  const request = REQUEST.exec(line)?.[0];
  if (request === undefined) return undefined;
  if (own !== undefined)
    return { type: 'served', source, kind: 'instance', request, instance: own, status: statusIn(line) };
  const told = line.startsWith('{') ? inJson(line) : (inAlb(line) ?? toldByHaproxy(line) ?? inNginx(line));
  return told === undefined ? undefined : { type: 'served', source, kind: 'balancer', request, ...told };
}

/** Of whatever an instance logs; 0 where it is not plain to see. */
const statusIn = (line: string): number =>
  Number(/"status(?:_code|Code)?":"?(\d{3})\b/.exec(line)?.[1] ?? /"\s(\d{3})\s/.exec(line)?.[1] ?? 0);

/** @returns what a line of ALB, or of nginx with the time as usual, says without an id */
export function unnamedIn(line: string): Unnamed | undefined {
  const alb = ALB.exec(line)?.groups;
  if (alb !== undefined) {
    const at = Date.parse(alb['time'] ?? '');
    const url = URL.parse(alb['url'] ?? '');
    return unnamed(inAlb(line), url?.pathname, at, at);
  }
  const [, day, month, year, time, zone, path] = NGINX_TIME.exec(line) ?? [];
  const at = Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
  // The time is cut to the second.
  return unnamed(inNginx(line), path, at, at + 999);
}

/** `[25/Nov/2026:02:22:04 +0000] "GET /path?query HTTP/1.1"` */
const NGINX_TIME = /\[(\d\d)\/(\w{3})\/(\d{4}):([\d:]{8}) ([+-]\d{4})\] "[A-Z]+ ([^\s?"]+)[^"]*"/;

function unnamed(told: Told | undefined, path: string | undefined, from: number, to: number) {
  if (told?.instance === undefined || path === undefined || Number.isNaN(from)) return undefined;
  return { instance: told.instance, status: told.status, path: barePath(path), from, to };
}

type Told = Pick<Served, 'instance' | 'tried' | 'status'>;

/** A target that is `-` was not reached. */
function inAlb(line: string): Told | undefined {
  const { target, status } = ALB.exec(line)?.groups ?? {};
  return target === undefined ? undefined : told(target === '-' ? [] : [target], Number(status));
}

function inNginx(line: string): Told | undefined {
  const match = NGINX.exec(line);
  if (match === null) return undefined;
  // The addresses after the status: before it is the client's, and what it asked for.
  return toldBy(line.slice(match.index + match[0].length), match.groups?.['status']);
}

/** `" : "` and `", "` are between tries, and addresses of proxies and referers are no tries. */
function toldBy(rest: string, status: string | undefined): Told {
  const tried = [...rest.replaceAll(/\w+:\/\/[^\s"]*/g, '').matchAll(ADDRESS)].map(([address]) => address);
  return told(tried, Number(status));
}

/** @returns what a line of HAProxy's HTTP log tells of its request; undefined when it is no such line */
export function toldByHaproxy(line: string): Told | undefined {
  const { server, head, status, retries = '0' } = HAPROXY.exec(line)?.groups ?? {};
  if (server === undefined) return undefined;
  const before = Array.from({ length: Number(retries) }, () => SOME);
  const { instance, ...rest } = told(server.startsWith('<') ? before : [...before, server], Number(status));
  // It names whom it tried also where it answers itself.
  return { ...rest, ...(instance !== undefined && instance !== SOME && head !== '-1' && { instance }) };
}

/** Traefik's, and nginx's with `escape=json`: names differ, and mean the same. */
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

function inJson(line: string): Told | undefined {
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
  return told(tried, Number(of(STATUS)));
}

function told(tried: string[], status: number): Told {
  const instance = tried.at(-1);
  return { ...(instance === undefined ? {} : { instance }), tried, status };
}
