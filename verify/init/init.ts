/** From an address and two accounts to a target file: each thing that it must say is found out in turn. */
import { randomBytes } from 'node:crypto';
import { decodeHTML } from 'entities';
import type { Reached } from '../client/network.ts';
import { finder } from '../core/finding.ts';
import { claimsOf } from './claims.ts';
import { Codes, type Entered, type Entrance, enter, signIn, takeToken } from './enter.ts';
import { firstLogin, wholeLogin } from './learn.ts';
import { type Crowd, crowd, endsAll } from './limits.ts';
import { type Beginning, type Credentials, findLogin, type Login, NoLogin, type Token } from './login.ts';
import { findLogout, type Known, type Left, leave } from './logout.ts';
import { pointersOf } from './mark.ts';
import { candidates, type FoundProbe, proven } from './probe.ts';
import { departures, RECIPES, type Recipe } from './recipes.ts';
import { carrying, type Marked, marked } from './session.ts';
import { type Alone, findSignal, type Signal, stickiness } from './signal.ts';
import { besideToken, fieldToken, forAllForms } from './tokens.ts';
import { Manners, type Seen, type Visitor } from './visitor.ts';
import { carriedText, type Findings, targetFile } from './write.ts';

export interface InitOptions {
  reached: Reached;
  accounts: readonly (Credentials & { passwordEnv: string; totpEnv?: string | undefined })[];
  /** Name of a recipe: what is looked for first. */
  recipe?: string | undefined;
  loginPage?: string | undefined;
  /** The endpoint of an app that renders in the browser, and what it takes. */
  loginPath?: string | undefined;
  loginJson?: unknown;
  signal: AbortSignal;
  /** Between two requests, milliseconds; as long as a person takes when absent. */
  pause?: number;
  /** One thing that was found out. */
  say(line: string): void;
  /** Whether a form may be sent, twice. */
  mayWrite(form: { page: string; path: string; field: string }): Promise<boolean>;
  /** Asked when no page has a login form. @returns the page that has; undefined when nobody knows */
  whereLogin?(): Promise<string | undefined>;
  /** Asked when a login wants a one-time code. @returns its secret; undefined when nobody knows */
  secretOf?(user: string): Promise<string | undefined>;
}

/**
 * Drives the app as a careful person would.
 *
 * @returns the text of a target file
 * @throws UsageError when the app cannot be understood, with what to say by hand
 * @throws UnavailableError when it does not answer, or wants no more
 */
export async function init(options: InitOptions): Promise<string> {
  const manners = new Manners(options.reached, options.signal, options.pause);
  try {
    return await new Inquiry(options, manners).file();
  } finally {
    await manners.close();
  }
}

class Inquiry {
  readonly #options: InitOptions;
  readonly #manners: Manners;
  readonly #first: Credentials;
  readonly #codes: Codes;

  constructor(options: InitOptions, manners: Manners) {
    this.#options = options;
    this.#manners = manners;
    this.#first = options.accounts[0] as Credentials;
    this.#codes = new Codes(async user => options.secretOf?.(user));
  }

  async file(): Promise<string> {
    const { accounts, reached } = this.#options;
    const { beginning, begun } = await this.#begin();
    const named = await this.#signal(begun);
    const { entrance, entered } = await this.#entrance(beginning, begun);
    const every = await this.#every(entrance);
    const found = await marked(entrance, accounts, entered);
    const known = await this.#known(entrance, found, beginning);
    entrance.login = known.login;
    const carried = await this.#carried(found, known);
    const signal = await this.#stays(named, carried.visitor, known.page);
    const { left, sessions, living } = await this.#sessions(entrance, found, known);
    const probe = await this.#probe(entrance, { living, left, most: sessions.most, known });
    return targetFile({
      name: new URL(reached.url).host,
      url: reached.url,
      accounts: [...accounts],
      login: known.login,
      mark: found.mark,
      signedOut: refusal(found.outside, known.login),
      carried,
      csrf: known.csrf,
      logout: left?.logout,
      sessions: { ...sessions, ...(every === undefined ? {} : { every }) },
      signal,
      probe,
      recipe: this.#recipe(known, carried.cookies, left),
      ...claimsOf({ values: carried.values, left, signal, login: known.login }),
    });
  }

  get #as(): Recipe | undefined {
    return RECIPES[this.#options.recipe ?? ''];
  }

  /** Where the login begins. */
  async #begin(): Promise<{ beginning: Beginning | undefined; begun: Login }> {
    const { loginPage, loginPath, loginJson, whereLogin } = this.#options;
    const stranger = this.#manners.fresh();
    if (loginPath !== undefined) {
      const page = await stranger.open(loginPage ?? '/');
      const token = besideToken(stranger, page);
      const begun: Login = { page: page.path, path: loginPath, method: 'POST', json: loginJson, ...token };
      return { beginning: undefined, begun };
    }
    let beginning: Beginning;
    try {
      beginning = await findLogin(stranger, loginPage, this.#as?.page);
    } catch (error) {
      const where = error instanceof NoLogin ? await whereLogin?.() : undefined;
      if (where === undefined) throw error;
      beginning = await findLogin(stranger, where);
    }
    return { beginning, begun: await firstLogin(stranger, beginning, this.#as?.csrf) };
  }

  /** The whole login, and the first session: where the first form is not all of it, it is gone to its end. */
  async #entrance(
    beginning: Beginning | undefined,
    begun: Login,
  ): Promise<{ entrance: Entrance; entered: Entered }> {
    const entrance = { manners: this.#manners, login: begun, codes: this.#codes };
    if (beginning === undefined) {
      const entered = await signIn(entrance, this.#first);
      entrance.login = { ...begun, ...tokenOfAnswer(entered) };
      takeToken(entered.visitor, entrance.login, entered.answer);
      this.#say('login', loginText(entrance.login));
      return { entrance, entered };
    }
    if ('basic' in beginning) {
      this.#say('login', loginText(begun));
      return { entrance, entered: await signIn(entrance, this.#first) };
    }
    const way = { beginning, account: this.#first, codes: this.#codes };
    const { login, entered } = await wholeLogin(this.#manners, begun, way);
    this.#say('login', loginText(login));
    return { entrance: { ...entrance, login }, entered };
  }

  /** @returns how far apart logins must be, where each one-time code counts once */
  async #every(entrance: Entrance): Promise<string | undefined> {
    if (!JSON.stringify(entrance.login).includes('{code}')) return undefined;
    this.#codes.again = (await enter(entrance, this.#first, { lastCode: true })).accepted;
    if (this.#codes.again) return undefined;
    const seconds = (await this.#codes.period(this.#first.user)) / 1000;
    this.#say('codes', `each counts once: logins of a user are ${seconds} s apart`);
    return `${seconds}s`;
  }

  async #signal({ page }: Login): Promise<Signal | Alone | undefined> {
    const signal = await findSignal(this.#manners, page);
    if (signal === undefined) this.#say('instances', 'nothing tells which one answered');
    else if ('pinned' in signal)
      this.#say(
        'instances',
        signal.pinned
          ? `each connection has its own (header ${signal.header}); no way off by a cookie`
          : `only ${signal.name} answered (header ${signal.header})`,
      );
    return signal;
  }

  /** Whether the balancer keeps somebody who is signed in, when it does not keep strangers. */
  async #stays(
    signal: Signal | Alone | undefined,
    visitor: Visitor,
    page: string,
  ): Promise<Signal | Alone | undefined> {
    if (signal === undefined || 'pinned' in signal) return signal;
    const all = signal.sticky ? signal : { ...signal, ...(await stickiness(visitor, page, signal.instance)) };
    const where = Object.entries(all.instance)[0]?.join(' ');
    const by = all.by === undefined ? 'sticky, by no cookie' : `sticky by ${all.by}`;
    this.#say('instances', `${all.names.join(', ')} (${where}); ${all.sticky ? by : 'not sticky'}`);
    return all;
  }

  /** How it is told who is signed in, and where pages carry the form token. */
  async #known(entrance: Entrance, found: Marked, beginning: Beginning | undefined): Promise<Inside> {
    const { login } = entrance;
    const { mark, outside, landing } = found;
    const find = finder(mark.user, decodeHTML);
    const signedIn = (seen: Seen): boolean => seen.status === 200 && (find.first(seen) ?? '') !== '';
    const visitor = found.two ?? found.one;
    const pages = await this.#pages(visitor, [...new Set([landing, mark.page])], signedIn);
    this.#say('signed in', `${mark.page} names the user: ${find.first(pages.at(-1) as Seen)}`);
    const to = outside.redirect === undefined ? '' : ` to ${outside.redirect}`;
    this.#say('signed out', `${mark.page} answers ${outside.status}${to}`);
    const token = login.csrf ?? besideToken(visitor, pages[0] as Seen).csrf ?? fieldToken(pages);
    const meta = forAllForms(token, [...pages, ...(beginning === undefined ? [] : [beginning.page])]);
    const csrf = meta !== undefined && (await this.#fits(entrance, found, meta)) ? meta : token;
    const changed = csrf === undefined || login.csrf === undefined ? login : { ...login, csrf };
    return { login: changed, csrf, page: mark.page, signedIn, pages };
  }

  /** Whether a login is accepted with another token; the session that it makes is the last one then. */
  async #fits(entrance: Entrance, found: Marked, csrf: Token): Promise<boolean> {
    if (entrance.login.csrf === undefined) return true;
    const login = { ...entrance.login, csrf };
    const { accepted, visitor } = await enter({ ...entrance, login }, this.#first);
    if (accepted) Object.assign(found, { one: found.two ?? found.one, two: visitor });
    return accepted;
  }

  async #carried(found: Marked, known: Inside) {
    const visitor = found.two ?? found.one;
    const carried = await carrying(visitor, known);
    this.#say('session', `carried by ${carriedText(carried, known.login)}`);
    const cookies = visitor.client.cookies(known.page).filter(({ name }) => carried.cookies.includes(name));
    return { ...carried, visitor, values: cookies.map(({ value }) => value) };
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

  /** How one logs out, and what the app allows a user. */
  async #sessions(entrance: Entrance, { one, two, views }: Marked, known: Inside) {
    // What is not carried by a cookie is not counted either.
    const all: Crowd = known.login.basic
      ? { living: [one] }
      : await crowd(entrance, this.#first, { one, two, known });
    const leaving = all.living.at(-1) as Visitor;
    const elsewhere = new Map(views.map(({ path, first: [seen] }) => [path, seen as Seen]));
    const left = await findLogout(leaving, { pages: known.pages, elsewhere }, known, this.#as?.logout);
    this.#say('logout', leftText(left));
    const living = left === undefined ? all.living : all.living.slice(0, -1);
    const most = all.full === undefined ? undefined : all.living.length;
    const together =
      left !== undefined && (await endsAll(entrance, this.#first, { living, logout: left.logout, known }));
    if (most !== undefined)
      this.#say('limit', `a user has ${most} at the same time; with one more ${FULL[all.full ?? 'refused']}`);
    if (together) this.#say('limit', 'one logout ends all sessions of its user');
    const sessions = {
      ...(most === undefined ? {} : { most }),
      ...(together ? { logout: 'all' as const } : {}),
    };
    return { left, sessions, living: together ? [] : living };
  }

  /** Leaves nobody signed in: the app may count them. */
  async #probe(
    entrance: Entrance,
    {
      living,
      left,
      most,
      known,
    }: { living: Visitor[]; left: Left | undefined; most: number | undefined; known: Inside },
  ): Promise<FoundProbe | undefined> {
    const signedIn = async (): Promise<Visitor> => {
      const { visitor } = await signIn(entrance, this.#first);
      living.push(visitor);
      return visitor;
    };
    const out = async (visitor: Visitor): Promise<void> => {
      living.splice(living.indexOf(visitor), 1);
      if (left !== undefined) await leave(visitor, left.logout, known);
    };
    try {
      const visitor = living.at(-1) ?? (await signedIn());
      const other = async (): Promise<Visitor> => {
        if (most === 1) await out(visitor);
        return living.find(one => one !== visitor) ?? signedIn();
      };
      return await this.#tried(visitor, other, known);
    } finally {
      for (const one of [...living]) await out(one);
    }
  }

  async #tried(
    visitor: Visitor,
    other: () => Promise<Visitor>,
    { login, csrf, page, signedIn }: Inside,
  ): Promise<FoundProbe | undefined> {
    const first = await this.#inside(visitor, page, signedIn);
    const paths = first.links.flatMap(({ href, words }) => {
      const path = visitor.pathOf(href, page);
      const left = /log.?out|sign.?out|delet|remov|log.?in/i.test(`${path} ${words}`);
      return path === undefined || left ? [] : [path];
    });
    const linked = await this.#pages(visitor, [...new Set(paths)].slice(0, 6), signedIn);
    const found = candidates(visitor, [first, ...linked].filter(signedIn), csrf);
    for (const candidate of found) {
      if (!(await this.#options.mayWrite(candidate))) continue;
      const stamp = randomBytes(3).toString('hex');
      const probe = await proven(visitor, other, candidate, { csrf, headers: login.headers, stamp });
      const what = `${candidate.field} of POST ${candidate.path}, read on ${candidate.page}`;
      if (probe === 'cut') this.#say('probe', `not ${what}: the page shows a part of a list`);
      if (probe === undefined || probe === 'cut') continue;
      this.#say(
        'probe',
        `${what}: ${probe.scope === 'user' ? "shared by the user's sessions" : 'of the session'}`,
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

  #recipe(known: Inside, cookies: readonly string[], left: Left | undefined): Findings['recipe'] {
    const recipe = this.#as;
    if (recipe === undefined) return undefined;
    const found = { login: known.login, cookies, logout: left?.logout };
    const otherwise = departures(recipe, found);
    const { documented } = recipe;
    const proof = documented === undefined ? '' : ' (written from documentation)';
    this.#say('recipe', `${this.#options.recipe}${proof}: ${otherwise.join('; ') || 'as it says'}`);
    return { name: this.#options.recipe as string, documented, departures: otherwise };
  }

  #say(what: string, text: string): void {
    this.#options.say(`${what.padEnd(11)} ${text}`);
  }
}

/** What is known of the pages inside. */
interface Inside extends Known {
  pages: readonly Seen[];
}

const FULL = { 'oldest ends': 'the oldest ends', refused: 'the login is refused' };

function loginText({ page, path, method, form = {}, csrf, steps = [], basic, json, capture }: Login): string {
  if (basic) return `HTTP Basic, asked for on ${page}`;
  if (json !== undefined)
    return `JSON, POST ${path}${capture === undefined ? '' : `, answered by a token (${capture.token.json})`}`;
  const token = csrf === undefined ? '' : `, token in ${Object.entries(csrf)[0]?.join(' ')}`;
  const after = steps.filter(step => step.method === 'POST').map(step => `POST ${step.path}, then `);
  return `form on ${page}, ${after.join('')}${method} ${path} (${Object.keys(form).join(', ')})${token}`;
}

/** @returns where an answer that sets no cookie holds a token instead */
function tokenOfAnswer({ visitor, answer }: Entered): Pick<Login, 'capture'> {
  if (visitor.client.cookies(answer.path).length > 0) return {};
  const found = pointersOf(answer.json).find(
    ({ pointer, value }) => /(token|jwt)$/i.test(pointer) && value.length >= LEAST_TOKEN,
  );
  return found === undefined ? {} : { capture: { token: { json: found.pointer } } };
}

/** Shorter texts are no secrets. */
const LEAST_TOKEN = 16;

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
