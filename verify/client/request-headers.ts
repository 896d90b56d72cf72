/** Builds the headers of one client's requests. */
import { randomBytes } from 'node:crypto';
import { traceparentOf } from '../core/history/trace.ts';
import { filledText } from '../core/response/form.ts';
import type { Affinity } from './affinity.ts';
import { ACCEPTED_ENCODINGS } from './body.ts';
import type { Cookies, Jar } from './jar.ts';
import type { Network } from './network.ts';
import { RequestHead } from './request-text.ts';
import { isSafe, type Send } from './send.ts';
import type { Referring } from './shown-page.ts';

interface OwnParts {
  id: string | undefined;
  head: RequestHead;
  site: URL;
  body: string | null;
  shown: Referring | undefined;
}

/** What the headers Origin and Referer say about the page that leads to a request. */
interface Source {
  from: URL | undefined;
  shown: Referring | undefined;
  site: URL;
  head: RequestHead;
  origin: string;
  referer: string | undefined;
}

/** Headers that a balancer would add, for a request that bypasses the balancer. */
type Forwarding = Readonly<Record<string, string>> | undefined;

export class RequestHeaders {
  readonly #network: Network;
  readonly #jar: Jar;
  readonly #affinity: Affinity | undefined;
  readonly #captured: ReadonlyMap<string, string>;
  #broken = false;
  #source: Source | undefined;

  constructor(
    network: Network,
    jar: Jar,
    affinity: Affinity | undefined,
    captured: ReadonlyMap<string, string>,
  ) {
    this.#network = network;
    this.#jar = jar;
    this.#affinity = affinity;
    this.#captured = captured;
  }

  /**
   * Returns the headers that do not depend on the body. For equal cookies, returns the same object, so that the header
   * text is built only once.
   */
  shared(
    request: Send,
    id: string | undefined,
    forwarding: Forwarding,
    site: URL,
    cookies: Cookies,
  ): RequestHead {
    const { headers: own, cookies: more } = request;
    const shared =
      this.#network.constant &&
      this.#affinity === undefined &&
      forwarding === undefined &&
      more === undefined &&
      isEmpty(own);
    if (shared && cookies.head !== undefined) return cookies.head;
    const named: Record<string, string> = { ...this.#always(request, id), ...own };
    const given = new Set(Object.keys(named).map(name => name.toLowerCase()));
    for (const name in forwarding) if (!given.has(name)) named[name] = forwarding[name] as string;
    if (!given.has('accept-encoding')) named['accept-encoding'] = ACCEPTED_ENCODINGS;
    const cookie = shared
      ? cookies.header
      : this.#cookiesOf(request.from === undefined ? site : cookies, more);
    if (cookie !== '') named['cookie'] = cookie;
    const head = new RequestHead(Object.entries(named).flat());
    if (shared) cookies.head = head;
    return head;
  }

  /**
   * Returns the headers of this request only: name, value, name, value.
   *
   * @param shown the page that a browser shows when it sends this request, if the request does not name a page (`from`)
   */
  own({ json, method, from }: Send, { id, head, site, body, shown }: OwnParts): string[] {
    const own = id === undefined ? [] : ['x-request-id', id];
    if (id !== undefined && !head.has('traceparent')) own.push('traceparent', traceparentOf(id));
    // SvelteKit refuses a form without fields and without Content-Type. Fastify refuses a Content-Type without a form.
    if (body !== null && !head.has('content-type'))
      own.push('content-type', json === undefined ? FORM : 'application/json');
    const { origin, referer } = this.#sourceOf(from, shown, site, head);
    // SvelteKit and nosurf refuse a form without Origin.
    if (!isSafe(method) && !head.has('origin')) own.push('origin', origin);
    if (referer !== undefined) own.push('referer', referer);
    // Django refuses a form over https without Referer.
    else if (body !== null && site.protocol === 'https:' && shown === undefined && !head.has('referer'))
      own.push('referer', `${origin}/`);
    return own;
  }

  /** Returns the same object until the page, the address or the shared headers change. */
  #sourceOf(from: URL | undefined, shown: Referring | undefined, site: URL, head: RequestHead): Source {
    let source = this.#source;
    const same = source?.from === from && source?.shown === shown;
    if (source === undefined || !same || source.site !== site || source.head !== head) {
      const origin = originOf(from ?? site, site, head);
      const page = from === undefined ? shown : { url: from, sends: 'address' as const };
      source = { from, shown, site, head, origin, referer: refererOf(page, origin, site, head) };
      this.#source = source;
    }
    return source;
  }

  /** Omits headers with a placeholder that has no value yet. */
  #always({ omit }: Send, id: string | undefined): Readonly<Record<string, string>> {
    const { constant, headers } = this.#network;
    if (constant) return headers;
    const known: Record<string, string> = { ...Object.fromEntries(this.#captured), ...namesOf(id) };
    if (omit !== undefined) delete known[omit];
    const all = Object.entries(headers).map(([name, text]) => [name, filledText(text, known)]);
    return Object.fromEntries(all.filter(([, text]) => !/\{\w+\}/.test(text as string)));
  }

  #cookiesOf(of: URL | Cookies, more: Record<string, string> = {}): string {
    const header = this.#cookieHeader(of);
    const names = Object.keys(more);
    if (names.length === 0) return header;
    const own = header.split('; ').filter(pair => pair !== '' && !names.includes(pair.split('=')[0] ?? ''));
    return [...own, ...names.map(name => `${name}=${more[name]}`)].join('; ');
  }

  #cookieHeader(of: URL | Cookies): string {
    const affinity = this.#affinity;
    const cookies = (): Cookies => (of instanceof URL ? this.#jar.for(of) : of);
    if (affinity === undefined) return cookies().header;
    if (!this.#broken && affinity.breaks()) {
      this.#broken = true;
      for (const name of affinity.twins) this.#jar.remove(name);
    }
    const sent = affinity.sent(cookies().list);
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}

const FORM = 'application/x-www-form-urlencoded';

/**
 * `X-Forwarded-Proto` and `X-Forwarded-Host` of the target file replace scheme and host, because the app derives its
 * address from them.
 */
function originOf(page: URL, site: URL, head: RequestHead): string {
  if (page !== site && page.origin !== site.origin) return page.origin;
  const scheme = head.get('x-forwarded-proto') ?? site.protocol.slice(0, -1);
  return `${scheme}://${head.get('x-forwarded-host') ?? site.host}`;
}

/**
 * Ghost refuses each request of its API without Referer or Origin. AdonisJS redirects a refused form to its Referer.
 */
function refererOf(
  page: Referring | undefined,
  origin: string,
  site: URL,
  head: RequestHead,
): string | undefined {
  if (page === undefined || page.sends === 'nothing' || head.has('referer')) return undefined;
  const whole = page.sends === 'address' && page.url.origin === site.origin;
  return `${origin}${whole ? `${page.url.pathname}${page.url.search}` : '/'}`;
}

function isEmpty(headers: Readonly<Record<string, string>> | undefined): boolean {
  for (const _ in headers) return false;
  return true;
}

/** Returns the values of {request}, the request id, and {trace}, a trace id in the format of AWS. */
function namesOf(request: string | undefined): Record<string, string> {
  if (request === undefined) return {};
  const time = Math.floor(Date.now() / 1000).toString(16);
  return { request, trace: `Root=1-${time}-${randomBytes(12).toString('hex')};Baton=${request}` };
}
