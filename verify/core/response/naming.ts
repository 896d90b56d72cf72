/** Finds the name of the instance that sent a response. */
import { Finder } from './finder.ts';
import { type Finding, finder } from './finding.ts';
import type { Reply } from './reply.ts';

/** The places where a response may name its instance, in the order in which they are searched. */
export interface Naming {
  header?: string | undefined;
  /** A regular expression that finds the instance's name in the header. */
  find?: string | undefined;
  /** Name of the cookie in which the balancer names the instance. */
  cookie?: string | undefined;
  body?: Finding | undefined;
  /** The address of each instance, by which a balancer may name it. Key: name of the instance. */
  addresses?: Readonly<Record<string, string>> | undefined;
}

/** The place where a response names the version of the app. */
export interface Versioning {
  /** Name of the header that names the version. By default, the version is a part of the instance's name. */
  header?: string | undefined;
  /** A regular expression that finds the version in the header, or in the instance's name. */
  find?: string | undefined;
}

export interface Named {
  instance: string;
  /**
   * Where the name was found: `header`, `cookie` or `body`; `address` if the client sent the request directly to this
   * instance.
   */
  source: string;
}

/** Maximum length of an instance's name. This limit keeps a long header from filling the history. */
const LONGEST = 100;

/** Maximum number of header values that are cached. Values of a header that has more different ones hardly repeat. */
const KNOWN = 64;

/** Returns a function that finds the name of the instance that sent a response. */
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
  // Caches names by the text of the header, because each instance always sends the same header.
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

/** Returns host and port of an address. k6 lacks the class URL. */
const hostOf = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/.*$/, '');

/**
 * Returns the instance's name from a header. If a balancer tried several instances, it lists them all, and the last one
 * has responded.
 */
function inHeader(value: string | string[], part: Finder | undefined): string | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return part === undefined ? text.slice(lastOf(text)) : part.first(text);
}

const lastOf = (text: string): number => {
  const comma = text.lastIndexOf(', ');
  const group = text.lastIndexOf(' : ');
  return Math.max(comma === -1 ? 0 : comma + 2, group === -1 ? 0 : group + 3);
};

/** Returns the value of a cookie that the response sets, or else of the cookie that the client sent. */
function inCookie({ status, cookies, sent }: Reply, name: string): string | undefined {
  if (status === undefined) return undefined;
  const set = cookies.find(cookie => cookie.name === name)?.value;
  return set ?? sent?.find(cookie => cookie.name === name)?.value;
}
