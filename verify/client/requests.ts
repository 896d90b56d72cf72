/** Sends the requests of one session to the wanted instance, and records them. */
import type { Action, Operation, With } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Account } from '../target/load.ts';
import type { RequestSpec } from '../target/schema.ts';
import type { Held } from './barrier.ts';
import { OutOfStep } from './bystander.ts';
import type { Context } from './context.ts';
import { fill, takeStep } from './fill.ts';
import type { Way } from './instances.ts';
import type { Call, Recorded } from './recorder.ts';
import { retryAfter } from './retry-after.ts';
import type { Send, SessionClient, ShownPage } from './session-client.ts';
import type { Text } from './texts.ts';
import { ACCESS, keepTokens, mayHaveExpired, mustRefresh, REFRESH } from './tokens.ts';

/** Maximum number of retries of a request that gets 429 with Retry-After. Each retry waits for that time. */
const TRIES_AGAIN = 3;

/** Actions whose requests never cause a refresh. */
const UNREFRESHED: ReadonlySet<Action> = new Set<Action>(['form', 'login', 'refresh']);

/** Maximum number of refreshes for one request. */
const REFRESHES = 3;

/** Options for sending a request. */
export interface How {
  /** The instance that must serve the request, if it can be chosen. */
  to?: string | undefined;
  /** Holds back the last byte of the request. */
  held?: Held | undefined;
  /** True: a redirect is complete when its head has come. */
  early?: boolean | undefined;
  /** True: the history gets the label of the session cookie that was sent. */
  labelled?: boolean | undefined;
  /** A query that is added to the address of a page. */
  query?: string | undefined;
  /** Length of the value to write, characters. The history has the value without padding. */
  size?: number | undefined;
  /** The kind of text to write. Absent: a text of letters and digits, which may be padded. */
  text?: Text | undefined;
  /** When the request was to begin, microseconds on the run's clock, if the load has a rate. */
  due?: number | undefined;
  /** True: the tokens of a refresh are dropped, as if the response of the refresh had been lost. */
  lost?: boolean | undefined;
  /** Called before the last request of a login: after its form and its steps. */
  between?: (() => Promise<void>) | undefined;
  /** Cookies to send instead of the session's own cookies. The session's own cookies do not change. */
  as?: { client: SessionClient; with: With; change?: string } | undefined;
}

/** Returns the options for the further requests of an action: only its first request has a planned time. */
export const further = ({ due: _, ...how }: How): How => how;

export type What = Pick<Call, 'list' | 'settle' | 'later' | 'token'> & {
  action: Action;
  object?: string;
  objectName?: string;
  value?: string;
  unmarked?: boolean;
};

/** The client, the session and the user of the requests, for the history. */
export interface Who {
  client: string;
  session: string;
  user: string;
}

export class SessionRequests {
  readonly #context: Context;
  readonly #who: Who;
  readonly #account: Account;
  readonly #client: SessionClient;
  readonly #step: OutOfStep;
  /** The refresh in flight. Requests that need a new token wait for this refresh, as in apps. */
  #refreshing: Promise<Operation> | undefined;
  /** True after a logout or a refused refresh: the client has forgotten its tokens, so it refreshes no more. */
  #over = false;
  /** The last request that prepared a login: the request for the form, or a step. */
  lastForm: Operation | undefined;

  constructor(context: Context, who: Who, account: Account, client: SessionClient) {
    this.#context = context;
    this.#who = who;
    this.#account = account;
    this.#client = client;
    const random = context.random.fork(`step ${who.session}`);
    this.#step = new OutOfStep({ ...context, random });
  }

  /**
   * Sends and records a request. If the access token has expired, refreshes it and sends the request again.
   *
   * @param page true if the next form to submit is on this page, so that its token is kept
   */
  async perform(what: What, send: Send, how: How, page = true): Promise<Recorded> {
    const { target, interpreter } = this.#context;
    const { action } = what;
    if (action === 'login') this.#over = false;
    if (target.refresh === undefined || how.as !== undefined || this.#over || UNREFRESHED.has(action))
      return this.#once(what, send, how, page);
    const leaves = action === 'logout' || action === 'logout-all';
    if (leaves) this.#over = true;
    if (mustRefresh(this.#client, target.refresh)) await this.#renewed(this.#client.captured.get(ACCESS));
    let had = this.#client.captured.get(ACCESS);
    let expired = false;
    const settle: Call['settle'] = async (reply, outcome, later) => {
      const renewed = this.#client.captured.get(ACCESS) !== had;
      // After a logout, another session in the same browser may have replaced the tokens. Then a refusal does not show
      // that the token of this session has expired.
      const mine = leaves || !this.#over;
      expired = mine && interpreter.refuses(reply) && (renewed || mayHaveExpired(this.#client));
      return expired ? { signedIn: undefined } : ((await what.settle?.(reply, outcome, later)) ?? {});
    };
    let recorded = await this.#once({ ...what, settle }, send, how, page);
    const { held: _, early: __, ...again } = further(how);
    for (let i = 0; i < REFRESHES && expired && (await this.#renewed(had)); i++) {
      had = this.#client.captured.get(ACCESS);
      // The new token may expire too, while a slow request is in flight. If the lifetime of tokens is not
      // known, the response to this resent request decides whether the session is signed in.
      const decides = this.#client.access === undefined;
      expired = false;
      recorded = await this.#once(decides ? what : { ...what, settle }, send, again, page);
    }
    if (leaves) this.#over = recorded.operation.outcome === 'ok';
    return recorded;
  }

  /**
   * Returns whether the client has a newer access token than `had`. If not, refreshes it first, once for all
   * requests that wait.
   */
  async #renewed(had: string | undefined): Promise<boolean> {
    if (this.#client.captured.get(ACCESS) !== had) return true;
    this.#refreshing ??= this.refresh({}).finally(() => {
      this.#refreshing = undefined;
    });
    return (await this.#refreshing).outcome === 'ok';
  }

  /** Sends the refresh token, and keeps the tokens of the response. The target must have a `refresh`. */
  async refresh(how: How): Promise<Operation> {
    const spec = this.#context.target.refresh;
    if (spec === undefined) throw new Error('the target has no `refresh`');
    const client = this.clientOf(how);
    const called = Date.now();
    const token = client.captured.get(REFRESH);
    const settle: Call['settle'] = async (reply, outcome) => {
      if (outcome !== 'ok') return {};
      // If another session has begun in the same browser during the refresh, that session keeps its own
      // tokens.
      const taken = client.captured.get(REFRESH) === token;
      const issued = this.issued(reply, taken ? client : client.copy(), called);
      if (issued === undefined) return { outcome: 'fail', signedIn: 'out' };
      return { issued, ...(how.lost === true ? { lost: true } : {}) };
    };
    const what: What = { action: 'refresh', settle, token };
    const { operation } = await this.#once(what, { ...this.filled(spec, how), omit: ACCESS }, how, false);
    if (how.as === undefined && operation.signedIn === 'out') this.#over = true;
    return operation;
  }

  /**
   * Keeps the tokens of a response. Returns the facts about the tokens for the history; undefined if the
   * response has no access token.
   */
  issued(reply: Reply, client: SessionClient, called: number): Operation['issued'] | undefined {
    const { target, recorder } = this.#context;
    const tokens = target.refresh && keepTokens(target.refresh, reply, client, called);
    if (tokens === undefined) return undefined;
    const { refresh, lifetime } = tokens;
    return {
      ...(refresh === undefined ? {} : { refresh: recorder.label(refresh) }),
      ...(lifetime === undefined ? {} : { lifetime: Math.round(lifetime * 1000) }),
    };
  }

  async #once(what: What, send: Send, how: How, page: boolean): Promise<Recorded> {
    const { recorder, signal } = this.#context;
    const way = this.#way(how);
    const sent: Send = this.#routed(send, how);
    sent.held = how.held;
    sent.early = how.early;
    const call: Call = { ...this.#who, ...what, labelled: how.labelled ?? false };
    if (how.due !== undefined) call.due = how.due;
    if (how.as !== undefined) call.with = how.as.with;
    if (how.as?.change !== undefined) call.change = how.as.change;
    if (how.to !== undefined && way?.origin !== undefined) call.address = how.to;
    if (way !== undefined && way.origin === undefined) call.steered = true;
    const client = this.clientOf(how);
    sent.shown ??= client.recordable(sent.path);
    const balanced = way === undefined && this.#context.target.routing === 'spread';
    const once = () => recorder.perform(call, client, sent, signal);
    let recorded = await (balanced && how.held === undefined ? this.#step.beside(once) : once());
    // A request with status 429 had no effect, so it is sent again after the time in Retry-After. A request
    // of a race is not sent again.
    for (let i = 0; i < TRIES_AGAIN && how.held === undefined && this.#mayGoAgain(recorded.reply); i++) {
      delete call.due;
      recorded = await once();
    }
    if (balanced) this.#step.served(recorded.operation.instance);
    if (page) this.#keepToken(client, recorded.reply);
    if (what.action === 'form') {
      client.page = { url: client.addressOf(sent.path), reply: recorded.reply };
      this.lastForm = recorded.operation;
    }
    return recorded;
  }

  /** Records a page as the end of an operation that did not get further. Sends no request. */
  stopped(what: What, { url, reply }: ShownPage, how: How): Promise<Recorded> {
    const call: Call = { ...this.#who, ...what };
    if (how.as !== undefined) call.with = how.as.with;
    // The path on another host may hold a secret.
    const path = this.clientOf(how).nameOf(url)?.startsWith('/') === true ? url.pathname : url.origin;
    const send = async ({ watch }: Send): Promise<Reply> => {
      watch?.begins();
      watch?.departs([]);
      watch?.arrives();
      return { ...reply, cookies: [] };
    };
    return this.#context.recorder.perform(call, { send }, { method: 'GET', path });
  }

  /** Returns a function that sends the requests of a walk. Requests to the target are recorded. */
  walking(how: How, later?: Call['later']): (step: Send) => Promise<Reply> {
    const { held: _, early: __, ...sent } = how;
    const what: What = { action: 'form', ...(later === undefined ? {} : { later }) };
    return async step => {
      if (step.path.startsWith('/')) return (await this.perform(what, step, sent)).reply;
      return this.clientOf(how).send(step, this.#context.signal);
    };
  }

  /** Sends a request that is not recorded, so the run does not judge it. */
  async unrecorded(send: Send, how: How): Promise<Reply> {
    const reply = await this.#client.send(this.#routed(send, how), this.#context.signal);
    this.#keepToken(this.#client, reply);
    return reply;
  }

  #mayGoAgain(reply: Reply): boolean {
    return retryAfter(reply, Date.now()) !== undefined && !this.#context.signal.aborted;
  }

  #way({ to }: How): Way | undefined {
    return to === undefined ? undefined : this.#context.instances.way(to);
  }

  /** Returns a request that goes to the wanted instance. */
  #routed(send: Send, how: How): Send {
    if (!send.path.startsWith('/')) return { ...send };
    const way = this.#way(how);
    const routed: Send = { ...send, path: withQuery(send.path, how.query ?? '') };
    if (way === undefined) return routed;
    routed.headers = { ...send.headers, ...way.headers };
    routed.origin = way.origin;
    routed.cookies = way.cookies;
    return routed;
  }

  #keepToken(client: SessionClient, reply: Reply): void {
    const token = this.#context.interpreter.csrf(reply);
    if (token !== undefined) client.csrf = token;
  }

  /**
   * Sends the requests that must come before another request, and keeps values for that request.
   *
   * @returns false if a step lacks its mail or its credential
   */
  async steps(steps: readonly (Parameters<typeof takeStep>[0] & RequestSpec)[], how: How): Promise<boolean> {
    // The steps do not hold back their last byte; only the request after them does.
    const { held: _, ...sent } = how;
    for (const step of steps) {
      const send = async (): Promise<Reply> =>
        (await this.perform({ action: 'form' }, this.filled(step, how), sent)).reply;
      const reply = await takeStep(step, this.clientOf(how), this.#account, this.#context, send);
      if (reply === undefined) return false;
    }
    return true;
  }

  /** Returns a request of the target file with its placeholders filled. */
  filled(spec: RequestSpec, how: How, value = ''): Send {
    return fill(this.#context.target, spec, this.clientOf(how), this.#account, value);
  }

  /** Returns the client whose jar a request uses. */
  clientOf({ as }: How): SessionClient {
    return as?.client ?? this.#client;
  }
}

/** Adds a query to a path. A read by POST keeps its path, because its name follows the `#`. */
const withQuery = (path: string, query: string): string =>
  query === '' || path.includes('#') ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;

export const get = (path: string): Send => ({ method: 'GET', path });
