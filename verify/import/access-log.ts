/** Access logs of balancers, as they are usually written: which instance answered which request of a run. */
import type { Served } from '../core/history.ts';

/** What every request of Baton carries as X-Request-Id; a balancer that logs it tells who served it. */
const REQUEST = /\b\d{8}-\d{6}-[0-9a-f]{6}-\d+\b/;
/** nginx: "$request" $status, and somewhere $upstream_addr: each address that was tried. */
const NGINX = /"[A-Z]+ [^"]*" (?<status>\d{3}) /;
const ADDRESS = /(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}/g;
/**
 * HAProxy's HTTP log: frontend backend/server timers status. The fourth timer is how long the head of the answer took,
 * -1 where none came.
 */
const HAPROXY =
  / [\w.~-]+ (?<backend>[\w.-]+)\/(?<server>[\w.<>-]+) (?:-?\d+\/){3}\+?(?<head>-?\d+)(?:\/\+?-?\d+)? (?<status>-?\d{3}|-1) /;

/**
 * @param source what the log is called
 * @returns what a line says of a request of Baton; undefined when it says nothing of one
 */
export function servedIn(source: string, line: string): Served | undefined {
  const request = REQUEST.exec(line)?.[0];
  if (request === undefined) return undefined;
  const told = line.startsWith('{') ? inJson(line) : (toldByHaproxy(line) ?? inNginx(line));
  return told === undefined ? undefined : { type: 'served', source, kind: 'balancer', request, ...told };
}

type Told = Pick<Served, 'instance' | 'tried' | 'status'>;

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
  const { server, head, status } = HAPROXY.exec(line)?.groups ?? {};
  if (server === undefined) return undefined;
  const { instance, ...rest } = told(server.startsWith('<') ? [] : [server], Number(status));
  // It names whom it tried also where it answers itself.
  return { ...rest, ...(instance !== undefined && head !== '-1' && { instance }) };
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
