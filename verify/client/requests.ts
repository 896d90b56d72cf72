/** Sends the requests of one session, on their way to the instance that is wanted, and records them. */
import type { Action, With } from '../core/history.ts';
import type { Reply } from '../core/interpret.ts';
import type { Account } from '../target/load.ts';
import type { RequestSpec, StepSpec } from '../target/schema.ts';
import type { Held } from './barrier.ts';
import { OutOfStep } from './bystander.ts';
import type { Context } from './context.ts';
import { fill, keep } from './fill.ts';
import type { Way } from './instances.ts';
import { askedToWait } from './patience.ts';
import type { Call, Recorded } from './recorder.ts';
import type { Send, SessionClient } from './session-client.ts';

/** A request that is refused with 429 and Retry-After is sent again when that time has passed, so often. */
const TRIES_AGAIN = 3;

/** How a request is sent, where that matters. */
export interface How {
  /** The instance that is to serve it, where one can be chosen. */
  to?: string | undefined;
  /** The last byte waits. */
  held?: Held | undefined;
  /** Answered at the head, when that is a redirect. */
  early?: boolean | undefined;
  /** Tells which of the session's cookies was sent. */
  telling?: boolean | undefined;
  /** Added to the address of a page. */
  query?: string | undefined;
  /** A value that is written is sent as long, characters; the history has it without what makes it so. */
  size?: number | undefined;
  /** A value that is written ends so, and is not made longer. */
  ending?: string | undefined;
  /** Other cookies than the session's own, which stay as they are. */
  as?: { client: SessionClient; with: With; change?: string } | undefined;
}

export type What = Pick<Call, 'list' | 'settle' | 'later'> & {
  action: Action;
  object?: string;
  objectName?: string;
  value?: string;
  unmarked?: boolean;
};

/** Whose requests they are, in the history. */
export interface Who {
  client: string;
  session: string;
  user: string;
}

export class Requests {
  readonly #context: Context;
  readonly #who: Who;
  readonly #account: Account;
  readonly #client: SessionClient;
  readonly #step: OutOfStep;

  constructor(context: Context, who: Who, account: Account, client: SessionClient) {
    this.#context = context;
    this.#who = who;
    this.#account = account;
    this.#client = client;
    const random = context.random.fork(`step ${who.session}`);
    this.#step = new OutOfStep({ ...context, random });
  }

  /** @param page whether its form is the one that is filled in next */
  async perform(what: What, send: Send, how: How, page = true): Promise<Recorded> {
    const { recorder, signal } = this.#context;
    const way = this.#way(how);
    const sent = { ...this.#routed(send, how), held: how.held, early: how.early };
    const call = {
      ...this.#who,
      ...what,
      ...(how.as === undefined ? {} : { with: how.as.with }),
      ...(how.as?.change === undefined ? {} : { change: how.as.change }),
      ...(how.to === undefined || way?.origin === undefined ? {} : { address: how.to }),
      ...(way === undefined || way.origin !== undefined ? {} : { steered: true }),
      telling: how.telling ?? false,
    };
    const client = this.clientOf(how);
    const balanced = way === undefined && this.#context.target.routing === 'spread';
    const once = () => recorder.perform(call, client, sent, signal);
    let recorded = await (balanced && how.held === undefined ? this.#step.beside(once) : once());
    // Refused for now: nothing came of it, and when the time has passed it may go again. A race is not made twice.
    for (let i = 0; i < TRIES_AGAIN && how.held === undefined && this.#mayGoAgain(recorded.reply); i++)
      recorded = await once();
    if (balanced) this.#step.served(recorded.operation.instance);
    if (page) this.#keepToken(client, recorded.reply);
    return recorded;
  }

  /** For what is tried out and never judged. */
  async unrecorded(send: Send, how: How): Promise<Reply> {
    const reply = await this.#client.send(this.#routed(send, how), this.#context.signal);
    this.#keepToken(this.#client, reply);
    return reply;
  }

  #mayGoAgain(reply: Reply): boolean {
    return askedToWait(reply, Date.now()) !== undefined && !this.#context.signal.aborted;
  }

  #way({ to }: How): Way | undefined {
    return to === undefined ? undefined : this.#context.instances.way(to);
  }

  /** A request on its way to the instance that was asked for. */
  #routed(send: Send, how: How): Send {
    const way = this.#way(how);
    return {
      ...send,
      path: withQuery(send.path, how.query ?? ''),
      headers: { ...send.headers, ...way?.headers },
      origin: way?.origin,
      cookies: way?.cookies,
    };
  }

  #keepToken(client: SessionClient, reply: Reply): void {
    const token = this.#context.interpreter.csrf(reply);
    if (token !== undefined) client.csrf = token;
  }

  /** Requests that come before another: what they hold is captured for it. */
  async steps(steps: readonly StepSpec[], how: How): Promise<void> {
    for (const step of steps) {
      // The last byte of the request that they lead to waits, not theirs.
      const { held: _, ...sent } = how;
      const { reply } = await this.perform({ action: 'form' }, this.filled(step, how), sent);
      keep(step.capture, reply, this.clientOf(how));
    }
  }

  /** A request of the target file with what is known in its places. */
  filled(spec: RequestSpec, how: How, value = ''): Send {
    return fill(this.#context.target, spec, this.clientOf(how), this.#account, value);
  }

  /** The jar that a request goes from. */
  clientOf({ as }: How): SessionClient {
    return as?.client ?? this.#client;
  }
}

const withQuery = (path: string, query: string): string =>
  query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;

export const get = (path: string): Send => ({ method: 'GET', path });
