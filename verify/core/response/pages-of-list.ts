/** Reads one page of a list: its values, and whether further pages follow. */
import { Finder } from './finder.ts';
import { type Finding, type Findings, finder } from './finding.ts';
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

export class ListReader {
  readonly #items: Findings;
  readonly #within: Finder | undefined;
  readonly #next: Findings | undefined;
  readonly #rows: number | undefined;
  readonly #decode: (html: string) => string;
  readonly #unpadded: (text: string) => string;
  /** True if the items and the address of the next page are in the body, not in headers or cookies. */
  readonly #inBody: boolean;

  constructor(
    { items, within, next, rows }: ListSpec,
    decode: (html: string) => string,
    unpadded: (text: string) => string,
  ) {
    this.#items = finder(items, decode);
    this.#within = within === undefined ? undefined : new Finder(within);
    this.#next = next === undefined ? undefined : finder(next, decode);
    this.#rows = rows;
    this.#decode = decode;
    this.#unpadded = unpadded;
    this.#inBody = isInBody(items) && (next === undefined || isInBody(next));
  }

  page(reply: Reply, path = ''): ListPage {
    const { facts, headers } = reply;
    if (facts === undefined || !this.#inBody || headers['link'] !== undefined) return this.#read(reply, path);
    const { list } = facts;
    if (list !== undefined && list.reader === this && list.path === path) return list.page;
    const page = this.#read(reply, path);
    facts.list = { reader: this, path, page };
    return page;
  }

  #read(reply: Reply, path: string): ListPage {
    const { body } = reply;
    const part = this.#within === undefined ? reply : partOf(reply, this.#within.first(body) ?? '');
    const values = this.#items.all(part);
    for (let i = 0; i < values.length; i++) values[i] = this.#unpadded(values[i] as string);
    const next = this.#nextOf(reply, path);
    if (next !== undefined && next !== '') return { values, next, cut: false };
    // If the place of the next address is declared, a page without this address is the last page.
    return { values, cut: this.#next === undefined && values.length === this.#rows };
  }

  #nextOf(reply: Reply, path: string): string | undefined {
    if (this.#next !== undefined) return this.#next.first(reply);
    const links = reply.headers['link'];
    const link = links === undefined ? undefined : LINK_NEXT.exec([links].flat().join(', '))?.[1];
    if (link !== undefined) return link;
    const { body } = reply;
    const match = body.includes('next') ? REL_NEXT.exec(body) : null;
    const href = match?.[1] ?? match?.[2] ?? match?.[3] ?? numbered(body, path);
    return href === undefined ? undefined : this.#decode(href);
  }
}

const isInBody = (finding: Finding): boolean =>
  typeof finding === 'string' || !('header' in finding || 'cookie' in finding);

function partOf({ facts: _, ...reply }: Reply, body: string): Reply {
  return { ...reply, body };
}

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
