/**
 * Follows the pages of a login or logout as a user does, also to other hosts. Fills in login forms, and submits forms
 * that need no input.
 */
import type { Reply } from '../core/response/reply.ts';
import { type Form, parsePage } from './page.ts';
import type { ShownPage } from './remembered.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';

/** Maximum number of requests of one login or logout. */
const MOST_PAGES = 30;

const NO_INPUT = new Set(['hidden', 'submit']);

export class Walk {
  readonly #client: SessionClient;
  #page: ShownPage;
  /** The page whose link or form led to the current page, before any redirects. */
  #from: URL;
  #last: Send;

  constructor(client: SessionClient, page: ShownPage) {
    this.#client = client;
    this.#page = page;
    this.#from = page.url;
    this.#last = { method: 'GET', path: page.url.href };
  }

  get page(): ShownPage {
    return this.#page;
  }

  /** True if the current page is on another host. */
  get away(): boolean {
    return this.#client.nameOf(this.#page.url)?.startsWith('/') !== true;
  }

  /** Makes a response the current page. */
  arrived(send: Send, reply: Reply): void {
    this.#page = { url: this.#client.addressOf(send.path), reply };
    this.#last = send;
  }

  /** Returns the request that follows a redirect of the current page to an allowed host. */
  redirect(): Send | undefined {
    const { status = 0, headers, leads } = this.#page.reply;
    const { location } = headers;
    if (location === undefined || status < 300 || status >= 400) return undefined;
    const path = this.away || leads === undefined ? this.#pathOf(String(location)) : leads;
    if (path === undefined) return undefined;
    const same = status === 307 || status === 308;
    return { ...(same ? this.#last : { method: 'GET' }), path, from: this.#from };
  }

  /** Returns the request that submits a form without input, if the page has one. */
  press(): Send | undefined {
    const { url, reply } = this.#page;
    if ((reply.status ?? 500) >= 400) return undefined;
    const form = this.#forms().find(one => this.#needsNoInput(one, url));
    return form === undefined ? undefined : this.#sent(form, {});
  }

  #forms(): Form[] {
    const { body } = this.#page.reply;
    return /<form/i.test(body) ? parsePage(body).forms : [];
  }

  /**
   * A form needs no input if it has only hidden fields and buttons, and its page or its address is on another host, such as
   * `form_post` of an identity provider. If both are on the target, the form may be the logout.
   */
  #needsNoInput({ method, fields, action }: Form, page: URL): boolean {
    if (method !== 'POST' || fields.some(({ type }) => !NO_INPUT.has(type))) return false;
    return this.away || URL.parse(action, page.href)?.origin !== page.origin;
  }

  /**
   * Fills in the first form that has all fields of `values`. Returns the request that submits it.
   */
  fill(values: Readonly<Record<string, string>>): Send | undefined {
    const names = Object.keys(values);
    const has = ({ fields }: Form): boolean => names.every(name => fields.some(field => field.name === name));
    const form = this.#forms().find(has);
    return form === undefined ? undefined : this.#sent(form, values);
  }

  #sent({ action, method, fields }: Form, values: Readonly<Record<string, string>>): Send | undefined {
    const path = this.#pathOf(action === '' ? this.#page.url.href : action);
    if (path === undefined) return undefined;
    this.#from = this.#page.url;
    const form: Record<string, string> = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    Object.assign(form, values);
    if (method === 'POST') return { method, path, form, from: this.#from };
    return { method, path: `${path.replace(/\?.*/s, '')}?${new URLSearchParams(form)}`, from: this.#from };
  }

  #pathOf(address: string): string | undefined {
    const url = URL.parse(address, this.#page.url.href);
    return url === null ? undefined : this.#client.nameOf(url);
  }

  /** The page at which the login stopped, for an error message. Omits text that may be a secret. */
  get stop(): string {
    const { url, reply } = this.#page;
    const at = `${url.origin}${url.pathname.replace(/[\w-]{16,}/g, '…')}`;
    const { location } = reply.headers;
    const to = location === undefined ? null : URL.parse(String(location), url.href);
    if (to !== null && this.#client.nameOf(to) !== undefined)
      return `${at} redirected to ${to.origin} again, after ${MOST_PAGES} pages`;
    if (to !== null && !/^https?:$/.test(to.protocol))
      return `${at} redirected to an address that begins with ${to.protocol}, which opens another program`;
    if (to !== null)
      return `${at} redirected to ${to.origin}: if it takes part in the login, add it under \`origins\``;
    const inputs = this.#forms().map(form => form.fields.filter(({ type }) => type !== 'submit'));
    const fields = inputs.map(form => form.map(({ name }) => name).join(', '));
    const shown =
      fields.length === 0 ? 'no form' : `a form with the fields ${fields.join('; another with ')}`;
    return `${at} responded ${reply.status ?? reply.failure}, and showed ${shown}`;
  }
}

/**
 * Follows a login up to its last request, and returns this request unsent. The request leads back to the target, or
 * submits the last form. Returns undefined if the login stops earlier; `walk.page` is then the last page.
 *
 * @param forms the values for each form, in order
 */
export async function lastOf(
  walk: Walk,
  forms: readonly Readonly<Record<string, string>>[],
  send: (step: Send) => Promise<Reply>,
): Promise<Send | undefined> {
  const left = [...forms];
  for (let i = 0; i < MOST_PAGES; i++) {
    const filled = walk.redirect() === undefined && left[0] !== undefined ? walk.fill(left[0]) : undefined;
    if (filled !== undefined) left.shift();
    const step = filled ?? walk.redirect() ?? walk.press();
    if (step === undefined) return undefined;
    const home = step.path.startsWith('/');
    if (home && (walk.away || (filled !== undefined && left.length === 0))) return step;
    walk.arrived(step, await send(step));
  }
  return undefined;
}

/**
 * Follows a logout to other hosts, up to the first response of the target. Stops there, because the next page might
 * begin a login. Returns true if this response is no error.
 */
export async function followLogout(walk: Walk, send: (step: Send) => Promise<Reply>): Promise<boolean> {
  for (let i = 0; i < MOST_PAGES; i++) {
    const step = walk.redirect() ?? walk.press();
    const home = step?.path.startsWith('/') === true;
    if (step === undefined || (home && !walk.away)) break;
    walk.arrived(step, await send(step));
    if (home) break;
  }
  return (walk.page.reply.status ?? 500) < 400;
}
