/** Caches pages as a browser does. After a 304 (not modified), the cached page is shown again. */
import type { Reply } from '../core/response/reply.ts';

/** A cached page, and the ETag that a conditional request sends. */
export interface PageCopy {
  readonly reply: Reply;
  readonly etag: string;
  /** True if the app sends a different page for different cookies (`Vary: Cookie`). */
  readonly variesByCookie: boolean;
}

/** Maximum number of cached pages of a client. */
const MOST = 20;

export class PageCopies {
  readonly #copies = new Map<string, PageCopy>();
  #asked = 0;

  /**
   * Returns the cached page at every second call, so that a client sends both conditional and normal requests.
   *
   * @param cookies the cookies of the next request. They are compared by identity with the list in `sent` of the page's
   * reply
   */
  due(path: string, cookies: Reply['sent']): PageCopy | undefined {
    const copy = this.#copies.get(path);
    if (copy === undefined || (copy.variesByCookie && copy.reply.sent !== cookies)) return undefined;
    return this.#asked++ % 2 === 0 ? copy : undefined;
  }

  /**
   * Returns what a browser shows after a response: after a 304 the cached page, otherwise the page itself. Caches a
   * page with an ETag, unless the response forbids it (`no-store`, `Vary: *`).
   *
   * @param asked the cached page whose ETag the request had
   */
  shown(path: string, reply: Reply, asked: PageCopy | undefined): Reply {
    if (reply.status === 304 && asked !== undefined) return restored(asked.reply, reply);
    if (reply.status !== 200) return reply;
    const { etag, 'cache-control': caching = '', vary = '' } = reply.headers;
    if (this.#copies.size > 0) this.#copies.delete(path);
    if (typeof etag !== 'string' || /\bno-store\b/i.test(`${caching}`) || `${vary}`.includes('*'))
      return reply;
    const variesByCookie = /\bcookie\b/i.test(`${vary}`);
    if (this.#copies.size < MOST) this.#copies.set(path, { reply, etag, variesByCookie });
    return reply;
  }
}

function restored({ body, facts, headers }: Reply, { facts: _, head: __, ...reply }: Reply): Reply {
  const { 'set-cookie': ___, ...kept } = headers;
  const known = facts === undefined ? {} : { facts };
  return { ...reply, ...known, status: 200, body, headers: { ...kept, ...reply.headers }, unchanged: true };
}
