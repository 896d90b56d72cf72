/** What one page of a list shows of it: its values, and whether there are more elsewhere. */
import { Finder } from './finder.ts';
import { type Finding, type Findings, finder } from './finding.ts';
import type { Reply } from './interpret.ts';

/** How a probe's list is read. */
export interface ListSpec {
  items: Finding;
  /** Finds the part of the page that is the list: the same text may stand elsewhere. */
  within?: string | undefined;
  /** Finds the address of the next page. */
  next?: Finding | undefined;
  /** Rows on a page at the most. */
  rows?: number | undefined;
}

export interface ListPage {
  values: string[];
  /** Address of the next page, as it stands there. */
  next?: string;
  /** Nothing more is to be found, and yet the list may go on. */
  cut: boolean;
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

  constructor({ items, within, next, rows }: ListSpec, decode: (html: string) => string) {
    this.#items = finder(items, decode);
    this.#within = within === undefined ? undefined : new Finder(within);
    this.#next = next === undefined ? undefined : finder(next, decode);
    this.#rows = rows;
    this.#decode = decode;
  }

  /** @param path that was asked for, with its query, where that is known */
  page(reply: Reply, path = ''): ListPage {
    const { body } = reply;
    const part = this.#within === undefined ? reply : { ...reply, body: this.#within.first(body) ?? '' };
    const values = this.#items.all(part);
    const next = this.#nextOf(reply, path);
    if (next !== undefined && next !== '') return { values, next, cut: false };
    // Where the next page is told, its absence tells too.
    return { values, cut: this.#next === undefined && values.length === this.#rows };
  }

  #nextOf(reply: Reply, path: string): string | undefined {
    if (this.#next !== undefined) return this.#next.first(reply);
    const links = reply.headers['link'];
    const link = links === undefined ? undefined : LINK_NEXT.exec([links].flat().join(', '))?.[1];
    if (link !== undefined) return link;
    const { body } = reply;
    // Mostly neither is there, which is found out faster than by an expression.
    const match = body.includes('next') ? REL_NEXT.exec(body) : null;
    const href = match?.[1] ?? match?.[2] ?? match?.[3] ?? numbered(body, path);
    return href === undefined ? undefined : this.#decode(href);
  }
}

/** A link to the same page with the number after this one's. */
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
