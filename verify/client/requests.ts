/** Sends the requests of one session, with retries and token refreshes, and records them. */
import type { Operation } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Account } from '../target/load.ts';
import type { RequestSpec } from '../target/schema.ts';
import { OutOfStep } from './bystander.ts';
import type { Call } from './call.ts';
import type { Context } from './context.ts';
import { fill, takeStep } from './fill.ts';
import { callOf, type How, routed, type What, type Who } from './how.ts';
import type { Way } from './instances.ts';
import type { Recorded } from './recorder.ts';
import type { ShownPage } from './remembered.ts';
import { LIFT, retryAfter } from './retry-after.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';
import { SessionTokens } from './session-tokens.ts';

/** Maximum number of retries after a 429 with Retry-After. */
const TRIES_AGAIN = 3;
const LIMITED = `the app refused logins because of a limit (status 429), so the run has less evidence. ${LIFT}`;

export class SessionRequests {
  readonly #context: Context;
  readonly #who: Who;
  readonly #account: Account;
  readonly #client: SessionClient;
  readonly #step: OutOfStep;
  readonly tokens: SessionTokens;
  /** The last request before the login request: the login page, or one of the login's `steps`. */
  lastForm: Operation | undefined;

  constructor(context: Context, who: Who, account: Account, client: SessionClient) {
    this.#context = context;
    this.#who = who;
    this.#account = account;
    this.#client = client;
    const random = context.random.fork(`step ${who.session}`);
    this.#step = new OutOfStep({ ...context, random });
    this.tokens = new SessionTokens(context, client, this, (...request) => this.#once(...request));
  }

  /**
   * Sends and records a request. Refreshes an expired access token before the request.
   *
   * @param page if true, stores the form token of the page
   */
  perform(what: What, send: Send, how: How, page = true): Promise<Recorded> {
    return this.#context.target.refresh === undefined
      ? this.#once(what, send, how, page)
      : this.tokens.perform(what, send, how, page);
  }

  async #once(what: What, send: Send, how: How, page: boolean): Promise<Recorded> {
    const { recorder, signal, target } = this.#context;
    const way = this.#way(how);
    const client = this.clientOf(how);
    const sent = routed(send, how, way, client);
    const call = callOf(this.#who, what, how, way);
    const balanced = way === undefined && target.routing === 'spread';
    const aside = balanced && how.held === undefined ? this.#step.aside() : undefined;
    let recorded = await recorder.perform(call, client, sent, signal);
    if (aside !== undefined) await aside;
    // A request with status 429 had no effect, so it is sent again. A request at a barrier is not sent again, because
    // the requests that it must overlap have ended.
    for (let i = 0; i < TRIES_AGAIN && how.held === undefined && !signal.aborted; i++) {
      const wait = retryAfter(recorded.reply, Date.now());
      if (wait === undefined) break;
      recorder.waits(wait);
      recorded = await recorder.perform({ ...call, due: undefined }, client, sent, signal);
    }
    if (what.action === 'login' && recorded.reply.status === 429) recorder.remark(LIMITED);
    if (balanced) this.#step.served(recorded.operation.instance);
    if (page) this.#keepToken(client, recorded.reply);
    if (what.action === 'form') {
      client.page = { url: client.addressOf(sent.path), reply: recorded.reply };
      if (what.later === undefined) this.lastForm = recorded.operation;
    }
    return recorded;
  }

  /** Records an operation of several pages that stopped at one of the pages. Sends no request. */
  stopped(what: What, { url, reply }: ShownPage, how: How): Promise<Recorded> {
    const call = callOf(this.#who, what, how, undefined);
    // A path on another host may contain a secret, so the history does not get it.
    const path = this.clientOf(how).nameOf(url)?.startsWith('/') === true ? url.pathname : url.origin;
    const send: SessionClient['send'] = async (_send, _signal, watch) => {
      watch?.begins();
      watch?.departs([]);
      watch?.arrives();
      return { ...reply, cookies: [] };
    };
    return this.#context.recorder.perform(call, { send }, { method: 'GET', path });
  }

  /** Returns a function that sends requests to all hosts, and records only requests to the target. */
  walking(how: How, later?: Call['later']): (step: Send) => Promise<Reply> {
    const { held: _, early: __, ...sent } = how;
    const what: What = { action: 'form', ...(later === undefined ? {} : { later }) };
    return async step => {
      if (step.path.startsWith('/')) return (await this.perform(what, step, sent)).reply;
      return this.clientOf(how).send(step, this.#context.signal);
    };
  }

  /** Sends a request that no check judges. */
  async unrecorded(send: Send, how: How): Promise<Reply> {
    const sent = routed(send, how, this.#way(how), this.#client);
    const reply = await this.#client.send(sent, this.#context.signal);
    this.#keepToken(this.#client, reply);
    return reply;
  }

  #way({ to }: How): Way | undefined {
    return to === undefined ? undefined : this.#context.instances.way(to);
  }

  #keepToken(client: SessionClient, reply: Reply): void {
    const token = this.#context.interpreter.csrf(reply);
    if (token !== undefined) client.csrf = token;
  }

  /** Sends the `steps` before a request, and captures their values. Returns false if a mail or passkey is missing. */
  async steps(steps: readonly (Parameters<typeof takeStep>[0] & RequestSpec)[], how: How): Promise<boolean> {
    // The barrier is only for the request after the steps.
    const { held: _, ...sent } = how;
    for (const step of steps) {
      await how.between?.();
      const send = async (): Promise<Reply> =>
        (await this.perform({ action: 'form' }, this.filled(step, how), sent)).reply;
      const reply = await takeStep(step, this.clientOf(how), this.#account, this.#context, send);
      if (reply === undefined) return false;
    }
    return true;
  }

  filled(spec: RequestSpec, how: How, value = ''): Send {
    return fill(this.#context.target, spec, this.clientOf(how), this.#account, value);
  }

  /** Returns the session's client, unless the options name another client. */
  clientOf({ as }: How): SessionClient {
    return as?.client ?? this.#client;
  }
}
