/** From an address and two accounts to a target file: each thing that it must say is found out in turn. */
import { randomBytes } from 'node:crypto';
import { decodeHTML } from 'entities';
import { Network, type Reached } from '../client/network.ts';
import { finder } from '../core/finding.ts';
import { besideToken, type Credentials, findLogin, type Login, type Token } from './login.ts';
import { findLogout, isSelfContained, type Left } from './logout.ts';
import { candidates, type FoundProbe, proven } from './probe.ts';
import { carrying, marked, signIn } from './session.ts';
import { findSignal, type Signal } from './signal.ts';
import { Manners, type Seen, type Visitor } from './visitor.ts';
import { type Findings, targetFile } from './write.ts';

export interface InitOptions {
  reached: Reached;
  accounts: readonly (Credentials & { passwordEnv: string })[];
  loginPage?: string | undefined;
  /** The endpoint of an app that renders in the browser, and what it takes. */
  loginPath?: string | undefined;
  loginJson?: unknown;
  signal: AbortSignal;
  /** One thing that was found out. */
  say(line: string): void;
  /** Whether a form may be sent, twice. */
  mayWrite(form: { page: string; path: string; field: string }): Promise<boolean>;
}

/**
 * Drives the app as a careful person would.
 *
 * @returns the text of a target file
 * @throws UsageError when the app cannot be understood, with what to say by hand
 * @throws UnavailableError when it does not answer, or wants no more
 */
export async function init(options: InitOptions): Promise<string> {
  const network = new Network(options.reached);
  try {
    return await new Inquiry(options, new Manners(network, options.signal)).file();
  } finally {
    await network.close();
  }
}

class Inquiry {
  readonly #options: InitOptions;
  readonly #manners: Manners;

  constructor(options: InitOptions, manners: Manners) {
    this.#options = options;
    this.#manners = manners;
  }

  async file(): Promise<string> {
    const { accounts, reached } = this.#options;
    const login = await this.#login();
    const signal = await this.#signal(login);
    const { mark, outside, landing, entered } = await marked(this.#manners, login, accounts);
    const find = finder(mark.user, decodeHTML);
    const signedIn = (seen: Seen): boolean => seen.status === 200 && (find.first(seen) ?? '') !== '';
    this.#say(
      'signed in',
      `${mark.page} names the user: ${find.first(await this.#inside(entered.visitor, mark.page, signedIn))}`,
    );
    const signedOut = refusal(outside, login);
    this.#say(
      'signed out',
      `${mark.page} answers ${outside.status}${outside.redirect ? ` to ${outside.redirect}` : ''}`,
    );
    const cookies = await carrying(entered.visitor, signedIn, mark.page);
    this.#say('session', cookies.length === 0 ? 'carried by no cookie' : `carried by ${cookies.join(', ')}`);
    const pages = await this.#pages(entered.visitor, [...new Set([landing, mark.page])], signedIn);
    const csrf = login.csrf ?? besideToken(entered.visitor, pages[0] as Seen).csrf ?? fieldToken(pages);
    const probe = await this.#probe(entered.visitor, login, csrf, signedIn, mark.page);
    const known = { login, csrf, page: mark.page, signedIn };
    const leaving = (await signIn(this.#manners, login, accounts[0] as Credentials)).visitor;
    const left = await findLogout(leaving, pages, known);
    this.#say('logout', leftText(left));
    return targetFile({
      name: new URL(reached.url).host,
      url: reached.url,
      accounts: [...accounts],
      login,
      mark,
      signedOut,
      cookies,
      csrf,
      logout: left?.logout,
      signal,
      probe,
      ...claimsOf(entered.visitor, cookies, mark.page, left, signal),
    });
  }

  async #login(): Promise<Login> {
    const { loginPage, loginPath, loginJson } = this.#options;
    const stranger = this.#manners.fresh();
    if (loginPath !== undefined) {
      const page = await stranger.open(loginPage ?? '/');
      const login: Login = {
        page: page.path,
        path: loginPath,
        method: 'POST',
        json: loginJson,
        ...besideToken(stranger, page),
      };
      this.#say('login', `JSON, POST ${login.path}`);
      return login;
    }
    const login = await findLogin(stranger, loginPage);
    const token = login.csrf === undefined ? '' : `, token in ${Object.entries(login.csrf)[0]?.join(' ')}`;
    this.#say(
      'login',
      `form on ${login.page}, ${login.method} ${login.path} (${Object.keys(login.form ?? {}).join(', ')})${token}`,
    );
    return login;
  }

  async #signal({ page }: Login): Promise<Signal | undefined> {
    const signal = await findSignal(this.#manners, page);
    if (signal === undefined) this.#say('instances', 'nothing tells which one answered');
    else {
      const where = Object.entries(signal.instance)[0]?.join(' ');
      const sticky = signal.sticky
        ? `; sticky${signal.by === undefined ? '' : ` by ${signal.by}`}`
        : '; not sticky';
      this.#say('instances', `${signal.names.join(', ')} (${where})${sticky}`);
    }
    return signal;
  }

  async #inside(visitor: Visitor, path: string, signedIn: (seen: Seen) => boolean): Promise<Seen> {
    let seen = await visitor.twin().get(path);
    for (let i = 0; i < 4 && !signedIn(seen); i++) seen = await visitor.twin().get(path);
    return seen;
  }

  /** With what they link to: there is the logout, and what can be written. */
  async #pages(visitor: Visitor, paths: string[], signedIn: (seen: Seen) => boolean): Promise<Seen[]> {
    const pages: Seen[] = [];
    for (const path of paths) pages.push(await this.#inside(visitor, path, signedIn));
    return pages;
  }

  async #probe(
    visitor: Visitor,
    login: Login,
    csrf: Token | undefined,
    signedIn: (seen: Seen) => boolean,
    page: string,
  ): Promise<FoundProbe | undefined> {
    const first = await this.#inside(visitor, page, signedIn);
    const paths = first.links.flatMap(({ href, words }) => {
      const path = visitor.pathOf(href, page);
      return path === undefined || /log.?out|sign.?out|delet|remov|log.?in/i.test(`${path} ${words}`)
        ? []
        : [path];
    });
    const pages = [first, ...(await this.#pages(visitor, [...new Set(paths)].slice(0, 6), signedIn))].filter(
      signedIn,
    );
    const found = candidates(visitor, pages, csrf);
    for (const candidate of found) {
      if (!(await this.#options.mayWrite(candidate))) continue;
      const other = (await signIn(this.#manners, login, this.#options.accounts[0] as Credentials)).visitor;
      const stamp = randomBytes(3).toString('hex');
      const probe = await proven(visitor, other, candidate, { csrf, headers: login.headers, stamp });
      if (probe === undefined) continue;
      const shared = probe.scope === 'user' ? "shared by the user's sessions" : 'of the session';
      this.#say(
        'probe',
        `${candidate.field} of POST ${candidate.path}, read on ${candidate.page}: ${shared}`,
      );
      return probe;
    }
    const names = found.map(({ path, field }) => `${field} of POST ${path}`).join(', ');
    this.#say(
      'probe',
      found.length === 0 ? 'no form is safe to write to' : `none; --probe would try ${names}`,
    );
    return undefined;
  }

  #say(what: string, text: string): void {
    this.#options.say(`${what.padEnd(11)} ${text}`);
  }
}

/** A form token that only pages inside have. */
function fieldToken(pages: readonly Seen[]): Token | undefined {
  const fields = pages.flatMap(({ forms }) => forms.flatMap(form => form.fields));
  const token = fields.find(
    ({ type, name }) => type === 'hidden' && /csrf|xsrf|authenticity|verification/i.test(name),
  );
  return token === undefined ? undefined : { field: token.name };
}

/** What the page says to a stranger, where that is neither 401 nor a redirect to the login page. */
function refusal({ status, redirect }: Seen, login: Login): { status?: number; redirect?: string } {
  return {
    ...(status === undefined ? {} : { status }),
    ...(redirect === undefined || redirect === login.page ? {} : { redirect }),
  };
}

function leftText(left: Left | undefined): string {
  if (left === undefined) return 'none found';
  const lives = left.livesOn
    ? '; the old cookie is still signed in afterwards'
    : '; the old cookie is dead afterwards';
  return `${left.logout.method} ${left.logout.path}${lives}`;
}

/** A set of claims that this kind of session can keep. */
function claimsOf(
  visitor: Visitor,
  cookies: readonly string[],
  page: string,
  left: Left | undefined,
  signal: Signal | undefined,
): Pick<Findings, 'claims' | 'because'> {
  const values = visitor.client.cookies(page).filter(({ name }) => cookies.includes(name));
  const token = left?.livesOn === true && values.some(({ value }) => isSelfContained(value));
  if (token)
    return {
      claims: ['stateless-token', ...(signal?.sticky ? [{ routing: 'sticky' }] : [])],
      because:
        'The cookie holds the session itself, and lives on after a logout: whoever copied it stays signed in.\n' +
        'That is what this kind of session is; `standard` would claim that a logout is final.',
    };
  if (signal?.sticky)
    return { claims: ['sticky'], because: 'All that is judged, with a balancer that is sticky.' };
  return {
    claims: ['standard'],
    because: 'All that is judged but lost updates, double effects and linearizability.',
  };
}
