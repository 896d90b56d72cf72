/** Refreshes an expired access token of one session, as the JavaScript of a web app does. */
import type { Action, Operation } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import type { RequestSpec } from '../target/schema.ts';
import type { Call } from './call.ts';
import type { Context } from './context.ts';
import { further, type How, type What } from './how.ts';
import type { Recorded } from './recorder.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';
import { ACCESS, keepTokens, mayHaveExpired, mustRefresh, REFRESH } from './tokens.ts';

/** Actions of a login or a refresh. They need no access token. */
const UNREFRESHED: ReadonlySet<Action> = new Set<Action>(['form', 'login', 'refresh']);

const REFRESHES = 3;

interface Requests {
  clientOf(how: How): SessionClient;
  filled(spec: RequestSpec, how: How): Send;
}

type Once = (what: What, send: Send, how: How, page: boolean) => Promise<Recorded>;

export class SessionTokens {
  readonly #context: Context;
  readonly #client: SessionClient;
  readonly #requests: Requests;
  readonly #once: Once;
  /** A refresh in flight. Requests that need a new token wait for it. */
  #refreshing: Promise<Operation> | undefined;
  /** True after a logout or a refused refresh. The client then refreshes no more. */
  #over = false;

  constructor(context: Context, client: SessionClient, requests: Requests, once: Once) {
    this.#context = context;
    this.#client = client;
    this.#requests = requests;
    this.#once = once;
  }

  /**
   * Sends and records a request. Refreshes an expired access token before the request. If the app refuses the token,
   * refreshes it and sends the request again.
   */
  async perform(what: What, send: Send, how: How, page: boolean): Promise<Recorded> {
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
      // After a logout, the client may already have the tokens of its next session. A refusal of the old session says
      // nothing about these tokens.
      const mine = leaves || !this.#over;
      expired = mine && interpreter.refuses(reply) && (renewed || mayHaveExpired(this.#client));
      return expired ? { signedIn: undefined } : ((await what.settle?.(reply, outcome, later)) ?? {});
    };
    let recorded = await this.#once({ ...what, settle }, send, how, page);
    const { held: _, early: __, ...again } = further(how);
    for (let i = 0; i < REFRESHES && expired && (await this.#renewed(had)); i++) {
      had = this.#client.captured.get(ACCESS);
      // A new token may expire during a slow request. If the lifetime is unknown, a second refusal means that the
      // session is signed out.
      const decides = this.#client.access === undefined;
      expired = false;
      recorded = await this.#once(decides ? what : { ...what, settle }, send, again, page);
    }
    if (leaves) this.#over = recorded.operation.outcome === 'ok';
    return recorded;
  }

  /** Refreshes the token once for all concurrent callers. Returns whether the client has a newer token than `had`. */
  async #renewed(had: string | undefined): Promise<boolean> {
    if (this.#client.captured.get(ACCESS) !== had) return true;
    this.#refreshing ??= this.refresh({}).finally(() => {
      this.#refreshing = undefined;
    });
    return (await this.#refreshing).outcome === 'ok';
  }

  /** Sends the refresh token, and stores the new tokens. The target file must have `refresh`. */
  async refresh(how: How): Promise<Operation> {
    const spec = this.#context.target.refresh;
    if (spec === undefined) throw new Error('expected `refresh` in the target file, found none');
    const client = this.#requests.clientOf(how);
    const called = Date.now();
    const token = client.captured.get(REFRESH);
    const settle: Call['settle'] = async (reply, outcome) => {
      if (outcome !== 'ok') return {};
      // A session that began during the refresh keeps its own tokens.
      const taken = client.captured.get(REFRESH) === token;
      const issued = this.issued(reply, taken ? client : client.copy(), called);
      if (issued === undefined) return { outcome: 'fail', signedIn: 'out' };
      return { issued, ...(how.lost === true ? { lost: true } : {}) };
    };
    const what: What = { action: 'refresh', settle, token };
    const { operation } = await this.#once(
      what,
      { ...this.#requests.filled(spec, how), omit: ACCESS },
      how,
      false,
    );
    if (how.as === undefined && operation.signedIn === 'out') this.#over = true;
    return operation;
  }

  /** Stores the tokens of a response. Returns undefined if the response has no access token. */
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
}
