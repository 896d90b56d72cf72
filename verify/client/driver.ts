/** Performs the target's operations in one session, as its user, and records them. */
import { canaryOf, padded } from '../core/canary.ts';
import type { Action, Operation, With } from '../core/history.ts';
import type { Reply } from '../core/interpret.ts';
import { type Account, BASIC, type Target } from '../target/load.ts';
import type { EndingSpec, Probe, RequestSpec, StepSpec, WriteSpec } from '../target/schema.ts';
import type { Held } from './barrier.ts';
import { confirmation, REDIRECTS } from './confirmation.ts';
import type { Context } from './context.ts';
import { basicOf, fill, keep } from './fill.ts';
import type { Way } from './instances.ts';
import { ListRead } from './list-read.ts';
import { askedToWait } from './patience.ts';
import type { Call, Later, Recorded } from './recorder.ts';
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

type What = Pick<Call, 'list' | 'settle' | 'later'> & {
  action: Action;
  object?: string;
  objectName?: string;
  value?: string;
  unmarked?: boolean;
};

export class Driver {
  readonly session: string;
  readonly account: Account;
  readonly #context: Context;
  readonly #who: { client: string; session: string; user: string };
  readonly #client: SessionClient;
  #values = 0;

  /** @param client a jar that has been somewhere before; a fresh one when absent */
  constructor(
    context: Context,
    who: { client: string; session: string; account: Account },
    client = context.connect(),
  ) {
    this.#context = context;
    this.session = who.session;
    this.account = who.account;
    this.#who = {
      client: who.client,
      session: who.session,
      user: who.account.label,
    };
    this.#client = client;
  }

  /** The n-th client of a workload, with one session of its own. */
  static of(context: Context, n: number, account = context.account(n)): Driver {
    return new Driver(context, {
      client: `${context.prefix}${n + 1}`,
      session: `${context.prefix}${n + 1}`,
      account,
    });
  }

  /** Opens the login page and keeps its form token. */
  async form(how: How = {}): Promise<Operation> {
    const { page } = this.#context.target.login;
    return (await this.#perform({ action: 'form' }, get(page), how)).operation;
  }

  /** Posts the login form. Accepted when the operation is `ok`, refused when it is `signedIn: 'out'`. */
  async login(how: How = {}): Promise<Operation> {
    const { login: spec } = this.#context.target;
    const { user: name, password } = this.account;
    if (spec.basic) this.#clientOf(how).captured.set(BASIC, basicOf(name, password));
    await this.#context.registration?.of(this.account, this.#context.signal);
    const done = await this.#context.spacing?.turn(this.account, this.#context.signal);
    await this.#steps(spec.steps, how);
    const { operation, reply } = await this.#perform({ action: 'login' }, this.#filled(spec, how), how);
    done?.();
    keep(spec.capture, reply, this.#clientOf(how));
    if (operation.outcome === 'ok' && spec.follow && !(await this.#led(reply, how)))
      return { ...operation, outcome: 'fail', signedIn: 'out' };
    const { session, user } = this.#who;
    if (operation.outcome === 'ok' && how.as === undefined)
      this.#context.recorder.session({
        type: 'session',
        session,
        user,
        event: 'born',
      });
    return operation;
  }

  /** Follows the redirects of an accepted login. @returns whether they lead elsewhere than to the login page */
  async #led(answer: Reply, how: How): Promise<boolean> {
    const { login, signedIn } = this.#context.target;
    let reply = answer;
    for (let i = 0; i < REDIRECTS && reply.leads !== undefined; i++) {
      if (reply.redirect === login.page && login.page !== signedIn.page) return false;
      reply = (await this.#perform({ action: 'form' }, get(reply.leads), how)).reply;
    }
    return true;
  }

  /** @returns whether the login page was opened and the login that follows accepted */
  async enter(how: How = {}): Promise<boolean> {
    await this.form(how);
    return (await this.login(how)).outcome === 'ok';
  }

  /** Reads the state of a probe; without one, the page that shows who is signed in. */
  async read(probe?: Probe, how: How = {}): Promise<Recorded> {
    if (probe === undefined)
      return this.#perform({ action: 'read' }, get(this.#context.target.signedIn.page), how);
    const list = new ListRead(this.#context.interpreter, probe.object);
    const what = { action: 'read' as const, ...this.#object(probe), list };
    let recorded = await this.#perform(what, get(probe.read.path), how);
    while (list.next !== undefined) {
      const path = this.#clientOf(how).pathOf(list.next, recorded.operation.path ?? '/');
      // A next page of another site is no page of this list.
      if (path === undefined) break;
      recorded = await this.#perform(what, get(path), how);
    }
    return recorded;
  }

  /** Opens a page that may or may not say who is signed in. */
  async visit(path: string, how: How = {}): Promise<Operation> {
    return (await this.#perform({ action: 'read', unmarked: true }, get(path), how, false)).operation;
  }

  /** Adds a value that nobody has used before, or counts up. The probe must have the request for it. */
  async write(
    probe: Probe,
    how: How = {},
    request: WriteSpec | undefined = writeOf(probe),
  ): Promise<Operation> {
    if (request === undefined) throw new Error(`probe ${probe.object}: no request that writes`);
    const action = ({ counter: 'increment', register: 'set' } as const)[probe.kind as 'counter'] ?? 'add';
    const value = action === 'increment' ? '1' : this.#newValue() + (how.ending ?? '');
    const what = { action, ...this.#object(probe), value, ...this.#confirmed(request, value, how) };
    const long = how.ending === undefined ? padded(value, how.size ?? 0) : value;
    const sent = this.#filled(request, how, long);
    return (await this.#perform(what, sent, how)).operation;
  }

  /** A request that changes the session in a way that no probe shows. */
  async touch(request: RequestSpec, how: How = {}): Promise<Operation> {
    const send = this.#filled(request, how, this.#newValue());
    return (await this.#perform({ action: 'read', unmarked: true }, send, how)).operation;
  }

  /**
   * @returns whether the app gives a value with this ending back as it went, as far as a write and a few reads tell
   *   that are not recorded: an app may refuse or change what it likes, but must do so everywhere
   */
  async keeps(probe: Probe, ending: string, how: How): Promise<boolean> {
    const { signal, interpreter } = this.#context;
    const request = writeOf(probe);
    if (request === undefined) return false;
    const value = this.#newValue() + ending;
    const read = async (): Promise<boolean> => {
      const reply = await this.#client.send(this.#routed(get(probe.read.path), how), signal);
      this.#keepToken(this.#client, reply);
      return interpreter.seen(reply, { action: 'read', object: probe.object }).saw?.includes(value) === true;
    };
    await read();
    await this.#client.send(this.#routed(this.#filled(request, {}, value), how), signal);
    return (await read()) || (await read());
  }

  async remove(probe: Probe, request: WriteSpec, value: string, how: How = {}): Promise<Operation> {
    const confirmed = this.#confirmed(request, value, how);
    const what = { action: 'remove' as const, ...this.#object(probe), value, ...confirmed };
    return (await this.#perform(what, this.#filled(request, how, value), how)).operation;
  }

  #confirmed({ confirmed }: WriteSpec, value: string, how: How): Pick<Call, 'settle'> {
    if (confirmed === undefined) return {};
    const { interpreter } = this.#context;
    // The last byte that waits is the write's.
    const { held: _, early: __, ...then } = how;
    const open = async (path: string, later: Later): Promise<Reply> =>
      (await this.#perform({ action: 'read', unmarked: true, later }, get(path), then)).reply;
    return { settle: confirmation(confirmed, value, open, reply => interpreter.busy(reply)) };
  }

  async logout(request: EndingSpec, how: How = {}): Promise<Operation> {
    await this.#steps(request.steps, how);
    return (await this.#perform({ action: 'logout' }, this.#filled(request, how), how)).operation;
  }

  /** Ends all sessions of the user. */
  async logoutAll(request: EndingSpec, how: How = {}): Promise<Operation> {
    await this.#steps(request.steps, how);
    return (await this.#perform({ action: 'logout-all' }, this.#filled(request, how), how)).operation;
  }

  /** Tells the history that nothing more comes of this session. */
  end(reason: string): void {
    const { session, user } = this.#who;
    this.#context.recorder.session({
      type: 'session',
      session,
      user,
      event: 'ended',
      reason,
    });
  }

  /** The jar as it is now. */
  copyJar(without: readonly string[] = []): SessionClient {
    return this.#client.copy(without);
  }

  /** The cookies as they are now, to be sent for ever. */
  replayer(): SessionClient {
    return this.#client.replayer(this.#context.target.signedIn.page);
  }

  cookies(): readonly { name: string; value: string }[] {
    return this.#client.cookies(this.#context.target.signedIn.page);
  }

  /** @param page whether its form is the one that is filled in next */
  async #perform(what: What, send: Send, how: How, page = true): Promise<Recorded> {
    const { recorder, signal } = this.#context;
    const way = this.#way(how);
    const sent = { ...this.#routed(send, how), held: how.held, early: how.early };
    const call = {
      ...this.#who,
      ...what,
      ...(how.as === undefined ? {} : { with: how.as.with }),
      ...(how.as?.change === undefined ? {} : { change: how.as.change }),
      ...(way?.origin === undefined ? {} : { direct: true }),
      ...(way === undefined || way.origin !== undefined ? {} : { steered: true }),
      telling: how.telling ?? false,
    };
    const client = this.#clientOf(how);
    let recorded = await recorder.perform(call, client, sent, signal);
    // Refused for now: nothing came of it, and when the time has passed it may go again. A race is not made twice.
    for (let i = 0; i < TRIES_AGAIN && how.held === undefined && this.#mayGoAgain(recorded.reply); i++)
      recorded = await recorder.perform(call, client, sent, signal);
    if (page) this.#keepToken(client, recorded.reply);
    return recorded;
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

  #newValue(): string {
    const { canary, random } = this.#context;
    const { user, session } = this.#who;
    return canaryOf({ prefix: canary, user, session, number: ++this.#values, random: random.next() });
  }

  #object(probe: Probe): { object: string; objectName: string } {
    const scope = probe.scope === 'user' ? this.#who.user : this.#who.session;
    const objectName = `${probe.object}@${scope}`;
    this.#context.recorder.object(objectName, probe);
    return { object: probe.object, objectName };
  }

  /** Requests that come before another: what they hold is captured for it. */
  async #steps(steps: readonly StepSpec[], how: How): Promise<void> {
    for (const step of steps) {
      // The last byte of the request that they lead to waits, not theirs.
      const { held: _, ...sent } = how;
      const { reply } = await this.#perform({ action: 'form' }, this.#filled(step, how), sent);
      keep(step.capture, reply, this.#clientOf(how));
    }
  }

  #filled(spec: RequestSpec, how: How, value = ''): Send {
    return fill(this.#context.target, spec, this.#clientOf(how), this.account, value);
  }

  #clientOf({ as }: How): SessionClient {
    return as?.client ?? this.#client;
  }
}

/** @returns the request by which a probe's object is written, if the target has one */
export const writeOf = ({ kind, add, set, increment }: Probe): WriteSpec | undefined =>
  ({ counter: increment, register: set })[kind as 'counter'] ?? add;

/** @returns the first probe of a target that can be written */
export const writable = ({ probes }: Pick<Target, 'probes'>): Probe | undefined =>
  probes.find(probe => writeOf(probe) !== undefined);

const withQuery = (path: string, query: string): string =>
  query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`;

const get = (path: string): Send => ({ method: 'GET', path });
