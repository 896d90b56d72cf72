/** Finds the name of the instance that sent a response. */
import { Finder } from './finder.ts';
import { type Finding, finder } from './finding.ts';
import type { Reply } from './reply.ts';

/** The places where a response may name its instance, in the order in which they are searched. */
export interface Naming {
  header?: string | undefined;
  find?: string | undefined;
  cookie?: string | undefined;
  body?: Finding | undefined;
  /** The address of each instance, by which a balancer may name it. Key: name of the instance. */
  addresses?: Readonly<Record<string, string>> | undefined;
}

export interface Versioning {
  /** Name of the header that names the version. By default, the version is a part of the instance's name. */
  header?: string | undefined;
  /** A regular expression that finds the version in the header, or in the instance's name. */
  find?: string | undefined;
}

export interface Named {
  instance: string;
  /** Where the name was found: `header`, `cookie`, `body`, or `address` for a request that bypassed the balancer. */
  source: string;
}

/** Maximum length of an instance's name, so that a long header cannot fill the history. */
const LONGEST = 100;

/** Maximum number of header values in the cache. */
const KNOWN = 64;

export function namer(
  { header, find, cookie, body, addresses = {} }: Naming,
  decode: (html: string) => string,
): (reply: Reply) => Named | undefined {
  const name = header?.toLowerCase();
  const part = find === undefined ? undefined : new Finder(find);
  const shown = body === undefined ? undefined : finder(body, decode);
  // nginx names an instance by its address ($upstream_addr).
  const names = new Map(Object.entries(addresses).map(([own, url]) => [hostOf(url), own]));
  const named = (instance: string | undefined, source: string): Named | undefined =>
    instance === undefined || instance === ''
      ? undefined
      : { instance: (names.get(instance) ?? instance).slice(0, LONGEST), source };
  const known = new Map<string, Named>();
  const byHeader = (text: string | string[] | undefined): Named | undefined => {
    const before = typeof text === 'string' ? known.get(text) : undefined;
    if (before !== undefined || text === undefined) return before;
    const found = named(inHeader(text, part), 'header');
    if (found !== undefined && typeof text === 'string' && known.size < KNOWN) known.set(text, found);
    return found;
  };
  return reply =>
    (name === undefined ? undefined : byHeader(reply.headers[name])) ??
    (cookie === undefined ? undefined : named(inCookie(reply, cookie), 'cookie')) ??
    (shown === undefined ? undefined : named(shown.first(reply), 'body'));
}

export function versionNamer({ header, find }: Versioning) {
  const part = find === undefined ? undefined : new Finder(find);
  const name = header?.toLowerCase();
  return (reply: Reply, instance?: string): string | undefined => {
    const text = name === undefined ? instance : reply.headers[name];
    if (text === undefined || (name === undefined && part === undefined)) return undefined;
    return inHeader(text, part)?.slice(0, LONGEST) || undefined;
  };
}

/** Returns host and port of an address. k6 lacks the class URL. */
const hostOf = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/.*$/, '');

/** A balancer that tried several instances lists all of them. The last one sent the response. */
function inHeader(value: string | string[], part: Finder | undefined): string | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return part === undefined ? text.slice(lastOf(text)) : part.first(text);
}

const lastOf = (text: string): number => {
  const comma = text.lastIndexOf(', ');
  const group = text.lastIndexOf(' : ');
  return Math.max(comma === -1 ? 0 : comma + 2, group === -1 ? 0 : group + 3);
};

function inCookie({ status, cookies, sent }: Reply, name: string): string | undefined {
  if (status === undefined) return undefined;
  const set = cookies.find(cookie => cookie.name === name)?.value;
  return set ?? sent?.find(cookie => cookie.name === name)?.value;
}
