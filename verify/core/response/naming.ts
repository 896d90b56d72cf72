/** Finds the name of the instance that sent a response. */
import { Finder } from './finder.ts';
import { type Finding, finder } from './finding.ts';
import type { Reply } from './reply.ts';

/** The places where a response names its instance, in the order of the search. */
export interface Naming {
  header?: string | undefined;
  /** A regular expression that finds the name in the header. */
  find?: string | undefined;
  /** The cookie in which the balancer names the instance. */
  cookie?: string | undefined;
  body?: Finding | undefined;
  /** By instance: its own address, by which a balancer may name it. */
  addresses?: Readonly<Record<string, string>> | undefined;
}

/** The place where a response names the version of the app. */
export interface Versioning {
  /** If absent, the version is a part of the instance's name. */
  header?: string | undefined;
  /** A regular expression that finds the version in the header, or in the instance's name. */
  find?: string | undefined;
}

export interface Named {
  instance: string;
  /** `header`, `cookie` or `body`; `address`: the client sent the request to this instance. */
  source: string;
}

/** Maximum length of a name, so that a long header cannot fill the history. */
const LONGEST = 100;

/** Maximum number of header values whose name is cached. More hardly repeat. */
const KNOWN = 64;

/** Returns a function that finds the instance of a response. */
export function namer(
  { header, find, cookie, body, addresses = {} }: Naming,
  decode: (html: string) => string,
): (reply: Reply) => Named | undefined {
  const name = header?.toLowerCase();
  const part = find === undefined ? undefined : new Finder(find);
  const shown = body === undefined ? undefined : finder(body, decode);
  // A balancer may name an instance by its address, as nginx does with $upstream_addr.
  const names = new Map(Object.entries(addresses).map(([own, url]) => [hostOf(url), own]));
  const named = (instance: string | undefined, source: string): Named | undefined =>
    instance === undefined || instance === ''
      ? undefined
      : { instance: (names.get(instance) ?? instance).slice(0, LONGEST), source };
  // Each instance always sends the same header, so the names are cached by its text.
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

/** Returns a function that finds the version of the app that sent a response. */
export function versionNamer({
  header,
  find,
}: Versioning): (reply: Reply, instance?: string) => string | undefined {
  const part = find === undefined ? undefined : new Finder(find);
  const name = header?.toLowerCase();
  return (reply, instance) => {
    const text = name === undefined ? instance : reply.headers[name];
    if (text === undefined || (name === undefined && part === undefined)) return undefined;
    return inHeader(text, part)?.slice(0, LONGEST) || undefined;
  };
}

/** Host and port of an address. k6 lacks URL. */
const hostOf = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/.*$/, '');

/** A balancer that tried several instances lists them all. The last one has responded. */
function inHeader(value: string | string[], part: Finder | undefined): string | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return part === undefined ? text.slice(lastOf(text)) : part.first(text);
}

const lastOf = (text: string): number => {
  const comma = text.lastIndexOf(', ');
  const group = text.lastIndexOf(' : ');
  return Math.max(comma === -1 ? 0 : comma + 2, group === -1 ? 0 : group + 3);
};

/** The cookie that the response sets counts, or else the one that the client sent. */
function inCookie({ status, cookies, sent }: Reply, name: string): string | undefined {
  if (status === undefined) return undefined;
  const set = cookies.find(cookie => cookie.name === name)?.value;
  return set ?? sent?.find(cookie => cookie.name === name)?.value;
}
