/** Which instance served a request, as the answer tells it: the upper rungs of the ladder. */
import { Finder } from './finder.ts';
import { type Finding, finder } from './finding.ts';
import type { Reply } from './interpret.ts';

/** How an answer names its instance; each is asked in this order, and the first that tells counts. */
export interface Naming {
  header?: string | undefined;
  /** Finds the name in that header. */
  find?: string | undefined;
  /** A cookie of the balancer. */
  cookie?: string | undefined;
  body?: Finding | undefined;
  /** Addresses of single instances, by name. */
  addresses?: Readonly<Record<string, string>> | undefined;
}

export interface Named {
  instance: string;
  /** header, cookie, body; `address`: it was asked at its own */
  source: string;
}

/** A name is short; what is longer is cut, so that no answer fills a history. */
const LONGEST = 100;

/** Texts of a header that are kept with what was found in them; where each answer has another, more are of no use. */
const KNOWN = 64;

/** @returns what finds the name; undefined when the answer does not tell */
export function namer(
  { header, find, cookie, body, addresses = {} }: Naming,
  decode: (html: string) => string,
): (reply: Reply) => Named | undefined {
  const name = header?.toLowerCase();
  const part = find === undefined ? undefined : new Finder(find);
  const shown = body === undefined ? undefined : finder(body, decode);
  // A balancer may name an instance by its address (nginx's $upstream_addr).
  const names = new Map(Object.entries(addresses).map(([own, url]) => [hostOf(url), own]));
  const named = (instance: string | undefined, source: string): Named | undefined =>
    instance === undefined || instance === ''
      ? undefined
      : { instance: (names.get(instance) ?? instance).slice(0, LONGEST), source };
  // Few instances send the same few texts with every answer.
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

/** Host and port of an address (k6 has no URL). */
const hostOf = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/.*$/, '');

/** Balancers that try several instances list them all, and the last one answered. */
function inHeader(value: string | string[], part: Finder | undefined): string | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return part === undefined ? text.slice(lastOf(text)) : part.first(text);
}

const lastOf = (text: string): number => {
  const comma = text.lastIndexOf(', ');
  const group = text.lastIndexOf(' : ');
  return Math.max(comma === -1 ? 0 : comma + 2, group === -1 ? 0 : group + 3);
};

/** A balancer that sends somebody elsewhere says so by another cookie. */
function inCookie({ status, cookies, sent }: Reply, name: string): string | undefined {
  if (status === undefined) return undefined;
  const set = cookies.find(cookie => cookie.name === name)?.value;
  return set ?? sent?.find(cookie => cookie.name === name)?.value;
}
