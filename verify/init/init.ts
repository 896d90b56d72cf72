/** Makes a target file from an address and two accounts, by visiting the app. */
import { decodeHTML } from 'entities';
import { finder } from '../core/response/finding.ts';
import { carrying, valuesInTurn, valuesOf } from './carriers.ts';
import { claimsOf } from './claims.ts';
import { Codes, type LoginProcedure, mayEnter, signIn } from './enter.ts';
import type { AppFindings, Begun } from './findings.ts';
import type { Hints } from './hints.ts';
import type { InitOptions, Inside, Looking } from './inquiry.ts';
import { keptSession } from './kept-session.ts';
import { type Crowd, crowd, endsAll, SESSIONS } from './limits.ts';
import type { Login, LoginCredentials } from './login.ts';
import { findLogout, type Left, type LogoutSearch } from './logout.ts';
import { privatePages, publicPaths, statusForUnknownToken, undecidableOf } from './public.ts';
import { departures, RECIPES } from './recipes.ts';
import { graceOf } from './refresh.ts';
import type { Marked } from './session.ts';
import { type Alone, findSignal, type Signal, stickiness } from './signal.ts';
import { tryProbe } from './try-probe.ts';
import { Manners, type PageVisit, type Visitor } from './visitor.ts';
import { begin, entranceOf, everyOf } from './way-in.ts';
import { carriedText, targetFile } from './write.ts';
import { unfinishedFile } from './write-unfinished.ts';

export type { InitOptions } from './inquiry.ts';

/**
 * Returns the text of a target file.
 *
 * @throws Unfinished if the app responds, but init does not understand a part or the app limits requests;
 * UnavailableError if the first request gets no response
 */
export async function init(options: InitOptions): Promise<string> {
  const manners = new Manners(options.reached, options.signal, options.pause);
  const inquiry = new Inquiry(options, manners);
  try {
    return await inquiry.file();
  } catch (error) {
    if (!manners.reached || options.signal.aborted) throw error;
    throw new Unfinished(error, inquiry.unfinished((error as Error).message));
  } finally {
    manners.close();
  }
}

/** Thrown if the app has responded, but init could not finish the target file. */
export class Unfinished extends Error {
  readonly text: string;

  constructor(cause: unknown, text: string) {
    super((cause as Error).message, { cause });
    this.text = text;
  }
}

class Inquiry {
  readonly #begun: Begun;
  readonly #options: InitOptions;
  readonly #manners: Manners;
  readonly #first: LoginCredentials;
  readonly #looking: Looking;

  constructor(options: InitOptions, manners: Manners) {
    this.#options = options;
    this.#manners = manners;
    const { accounts, reached, ca } = options;
    this.#begun = { name: new URL(reached.url).host, url: reached.url, ca, accounts: [...accounts] };
    this.#first = accounts[0] as LoginCredentials;
    this.#looking = {
      options,
      manners,
      codes: new Codes(async user => options.secretOf?.(user), options.signal),
      first: this.#first,
      recipe: RECIPES[options.recipe ?? ''],
      say: (what, text) => this.#say(what, text),
    };
  }

  async file(): Promise<string> {
    const { accounts } = this.#options;
    const start = await begin(this.#looking);
    const named = await this.#signal(start.begun);
    const { entrance, entered } = await entranceOf(this.#looking, start);
    this.#begun.login = entrance.login;
    this.#begun.origins = [...this.#manners.network.others.keys()];
    const every = await everyOf(this.#looking, entrance);
    const { found, known, alone } = await keptSession(this.#looking, entrance, { entered, start }, named);
    this.#sayInside(found);
    entrance.login = known.login;
    const { byPost } = this.#manners;
    Object.assign(this.#begun, { login: known.login, csrf: known.csrf, mark: found.mark, byPost });
    const carried = await this.#carried(entrance, found, known);
    const unknownToken = await statusForUnknownToken(carried.visitor, known.page);
    const signal = alone ? named : await this.#stays(named, carried.visitor, known.page);
    const stranger = this.#manners.fresh();
    const loginPage = await stranger.open(known.login.page);
    const before = valuesOf(stranger, carried.cookies, known.page);
    const open = await publicPaths(stranger, [loginPage, ...known.pages]);
    const undecidable = await undecidableOf(this.#manners.fresh(), found, known, open, carried.cookies);
    const { left, failed, sessions, living } = await this.#sessions(entrance, found, known, start.hints);
    const { probe, skipped } = await tryProbe(this.#looking, entrance, {
      living,
      left,
      most: sessions.most,
      known,
      carriers: carried.cookies,
      hints: start.hints,
    });
    const grace = await this.#grace(entrance);
    return targetFile({
      ...this.#begun,
      login: known.login,
      mark: found.mark,
      signedOut: { ...this.#refusal(found.outside, known.login), unknownToken },
      carried,
      csrf: known.csrf,
      logout: left?.logout,
      livesOn: left?.livesOn === true,
      failedLogouts: failed,
      sessions: { ...sessions, ...(every === undefined ? {} : { every }) },
      grace,
      signal,
      probe,
      skipped,
      recipe: this.#recipe(known, carried.cookies, left),
      byPost,
      pages: privatePages(found, [known.page, probe?.read.path ?? '']),
      public: open,
      undecidable,
      ...claimsOf({
        values: carried.values,
        others: { ...carried.others, before },
        users: accounts.map(({ user }) => user),
        left,
        signal,
        login: known.login,
        probe,
      }),
    });
  }

  unfinished(why: string): string {
    return unfinishedFile(this.#begun, why);
  }

  async #signal({ page }: Login): Promise<Signal | Alone | undefined> {
    const signal = await findSignal(this.#manners, page);
    if (signal === undefined) this.#say('instances', 'no response names its instance');
    else if ('pinned' in signal)
      this.#say(
        'instances',
        signal.pinned
          ? `the balancer pins each connection to an instance (header ${signal.header}); no cookie changes that`
          : `all responses came from ${signal.name} (header ${signal.header})`,
      );
    else this.#manners.instances = signal.names.length;
    return signal;
  }

  /**
   * Tests whether the balancer pins signed-in clients. Skips this test if the balancer also pins signed-out clients.
   */
  async #stays(
    signal: Signal | Alone | undefined,
    visitor: Visitor,
    page: string,
  ): Promise<Signal | Alone | undefined> {
    if (signal === undefined || 'pinned' in signal) return signal;
    const all = signal.sticky ? signal : { ...signal, ...(await stickiness(visitor, page, signal.instance)) };
    const where = Object.entries(all.instance)[0]?.join(' ');
    const by = all.by === undefined ? 'sticky, but not by a cookie' : `sticky by ${all.by}`;
    this.#say('instances', `${all.names.join(', ')} (${where}); ${all.sticky ? by : 'not sticky'}`);
    return all;
  }

  #sayInside({ mark, outside, views, cached }: Marked): void {
    const seen = views.find(({ path }) => path === mark.page)?.first.at(-1) as PageVisit;
    this.#say('signed in', `${mark.page} names the user: ${finder(mark.user, decodeHTML).first(seen)}`);
    if (cached !== undefined)
      this.#say('cached', `${cached} showed the page of a user to another visitor: a cache may share it`);
    const to = outside.redirect === undefined ? '' : ` to ${outside.redirect}`;
    this.#say('signed out', `${mark.page} answers ${outside.status}${to}`);
  }

  async #carried(entrance: LoginProcedure, found: Marked, known: Inside) {
    const again = async () => (await mayEnter(entrance, this.#first))?.visitor;
    const carried = await carrying(found.two ?? found.one, known, again);
    const { visitor } = carried;
    found[found.two === undefined ? 'one' : 'two'] = visitor;
    this.#say('session', `carried by ${carriedText(carried, known.login)}`);
    const others = (who: Visitor | undefined) =>
      who === undefined ? [] : valuesOf(who, carried.cookies, known.page);
    return {
      ...carried,
      values: await valuesInTurn(visitor, carried.cookies, known.page),
      others: { again: others(visitor === found.one ? undefined : found.one), second: others(found.second) },
    };
  }

  async #sessions(entrance: LoginProcedure, { one, two, views }: Marked, known: Inside, hints: Hints) {
    const all: Crowd = known.login.basic
      ? { living: [one] }
      : await crowd(entrance, this.#first, { one, two, known });
    const leaving = all.living.at(-1) as Visitor;
    const elsewhere = new Map(views.map(({ path, first: [seen] }) => [path, seen as PageVisit]));
    const found = await findLogout(leaving, { pages: known.pages, elsewhere }, known, {
      first: this.#looking.recipe?.logout,
      hints: hints.logouts,
    });
    const { left, failed } = found;
    this.#say('logout', leftText(found, known.login));
    const living = left === undefined ? all.living : all.living.slice(0, -1);
    const most = all.full === undefined ? undefined : all.living.length;
    const together =
      left !== undefined && (await endsAll(entrance, this.#first, { living, logout: left.logout, known }));
    if (most !== undefined)
      this.#say(
        'limit',
        `a user has at most ${most} sessions at the same time; one more login ${FULL[all.full ?? 'refused']}`,
      );
    else if (all.living.length === SESSIONS)
      this.#say('limit', `none found: ${SESSIONS} sessions of a user were signed in at the same time`);
    if (together) this.#say('limit', 'one logout ends all sessions of its user');
    const sessions = {
      ...(most === undefined ? {} : { most }),
      ...(together ? { logout: 'all' as const } : {}),
    };
    return { left, failed, sessions, living: together ? [] : living };
  }

  async #grace(entrance: LoginProcedure): Promise<AppFindings['grace']> {
    if (entrance.login.refresh?.token === undefined) return undefined;
    const { visitor } = await signIn(entrance, this.#first);
    const grace = await graceOf(visitor, this.#options.signal);
    const text = { endless: 'for longer than 35 s', none: 'for less than 2.3 s' };
    const time = typeof grace === 'number' ? `for ${(grace / 1000).toFixed(1)} s` : text[grace ?? 'none'];
    this.#say('grace', `a replaced refresh token is accepted ${time}`);
    return grace;
  }

  #recipe(known: Inside, cookies: readonly string[], left: Left | undefined): AppFindings['recipe'] {
    const { recipe } = this.#looking;
    if (recipe === undefined) return undefined;
    const found = { login: known.login, cookies, logout: left?.logout };
    const otherwise = departures(recipe, found);
    const { documented } = recipe;
    const proof = documented === undefined ? '' : ' (written from documentation)';
    this.#say('recipe', `${this.#options.recipe}${proof}: ${otherwise.join('; ') || 'the app matches it'}`);
    return { name: this.#options.recipe as string, documented, departures: otherwise };
  }

  /**
   * Returns status and redirect of a signed-out response. Omits a redirect to the login page, or to another host that
   * takes part in the login.
   */
  #refusal({ status, redirect }: PageVisit, login: Login): { status?: number; redirect?: string } {
    const others = [...this.#manners.network.others.keys()];
    const known = redirect === login.page || others.some(origin => redirect?.startsWith(`${origin}/`));
    return {
      ...(status === undefined ? {} : { status }),
      ...(redirect === undefined || known ? {} : { redirect }),
    };
  }

  #say(what: string, text: string): void {
    this.#options.say(`${what.padEnd(11)} ${text}`);
  }
}

const FULL = { 'oldest ends': 'ends the oldest', refused: 'is refused' };

function leftText({ left, failed }: LogoutSearch, { capture, refresh }: Login): string {
  if (left === undefined)
    return failed.length === 0
      ? 'none found'
      : `none that signs out: after ${failed.join(', ')} the session was still signed in`;
  const what = refresh ? 'access token' : capture ? 'token' : 'cookie';
  return `${left.logout.method} ${left.logout.path}; the old ${what} is ${left.livesOn ? 'still accepted' : 'refused'} afterwards`;
}
