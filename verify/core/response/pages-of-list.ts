/** Reads one page of a list: its values, and whether further pages follow. */
import { Finder } from './finder.ts';
import { type Finding, finder } from './finding.ts';
import type { ListPage, Reply } from './reply.ts';

export interface ListSpec {
  items: Finding;
  /** A regular expression for the part of the page that is the list. Needed if `items` also match outside the list. */
  within?: string | undefined;
  next?: Finding | undefined;
  rows?: number | undefined;
}

const REL_NEXT = /<(?:a|link)\b(?=[^>]*\brel=["']?next\b)[^>]*\bhref=(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i;
const LINK_NEXT = /<([^>]*)>[^,]*;\s*rel="?next\b/i;
const HREF = /\bhref=["']([^"'#]*[?&](?:amp;)?(?:page|p|pg|paged)=(\d+)[^"']*)/gi;

/** Returns a function that reads a page of a list. @param unpadded removes the padding that Baton added to a value */
export function listReader(
  { items, within, next, rows }: ListSpec,
  decode: (html: string) => string,
  unpadded: (text: string) => string,
): (reply: Reply, path?: string) => ListPage {
  const found = finder(items, decode);
  const part = within === undefined ? undefined : new Finder(within);
  const further = next === undefined ? undefined : finder(next, decode);
  const inBody = isInBody(items) && (next === undefined || isInBody(next));
  const read = (reply: Reply, path: string): ListPage => {
    const values = found.all(part === undefined ? reply : partOf(reply, part.first(reply.body) ?? ''));
    for (let i = 0; i < values.length; i++) values[i] = unpadded(values[i] as string);
    const to = further === undefined ? nextOf(reply, path, decode) : further.first(reply);
    if (to !== undefined && to !== '') return { values, next: to, cut: false };
    // If the target file declares where the next page's address is, a page without this address is the last page.
    return { values, cut: further === undefined && values.length === rows };
  };
  return (reply, path = '') => {
    const { facts, headers } = reply;
    if (facts === undefined || !inBody || headers['link'] !== undefined) return read(reply, path);
    if (facts.list?.reader !== read || facts.list.path !== path)
      facts.list = { reader: read, path, page: read(reply, path) };
    return facts.list.page;
  };
}

function nextOf(reply: Reply, path: string, decode: (html: string) => string): string | undefined {
  const { headers, body } = reply;
  const links = headers['link'];
  const link = links === undefined ? undefined : LINK_NEXT.exec([links].flat().join(', '))?.[1];
  if (link !== undefined) return link;
  const match = body.includes('next') ? REL_NEXT.exec(body) : null;
  const href = match?.[1] ?? match?.[2] ?? match?.[3] ?? numbered(body, path);
  return href === undefined ? undefined : decode(href);
}

function partOf({ facts: _, ...reply }: Reply, body: string): Reply {
  return { ...reply, body };
}

const isInBody = (finding: Finding): boolean =>
  typeof finding === 'string' || !('header' in finding || 'cookie' in finding);

function numbered(body: string, path: string): string | undefined {
  if (path === '') return undefined;
  const [bare = ''] = path.split('?');
  const number = Number(/[?&](?:page|p|pg|paged)=(\d+)/.exec(path)?.[1] ?? 1);
  if (bare === '' || !body.includes(`=${number + 1}`)) return undefined;
  for (const [, href = '', page] of body.matchAll(HREF)) {
    const [to = ''] = href.split('?');
    if (Number(page) === number + 1 && (to === '' || to.endsWith(bare))) return href;
  }
  return undefined;
}
