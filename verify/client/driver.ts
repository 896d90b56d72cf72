/** Performs the operations of one session, such as login, read and write, and records them. */
import { padded } from '../core/history/canary.ts';
import type { Operation } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import { honoured } from '../core/timeline/sessions.ts';
import type { Account } from '../target/load.ts';
import type { EndingSpec, Probe, RequestSpec, WriteSpec } from '../target/schema.ts';
import type { Call } from './call.ts';
import { confirmation } from './confirmation.ts';
import type { Context } from './context.ts';
import { further, get, type How, type Who } from './how.ts';
import { lastPage } from './list-pages.ts';
import { ListRead } from './list-read.ts';
import { opening, SessionLogin } from './login.ts';
import { logout } from './logout.ts';
import { numbered, writing } from './probes.ts';
import type { Recorded } from './recorder.ts';
import { SessionRequests } from './requests.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';
import { ONE_MORE, SessionValues, twiceOf } from './session-values.ts';

export class Driver {
  readonly session: string;
  readonly account: Account;
  readonly #context: Context;
  readonly #who: Who;
  readonly #client: SessionClient;
  readonly #requests: SessionRequests;
  readonly #login: SessionLogin;
  /** Returns a client with the cookies of the session's last signed-in response. */
  #held: () => SessionClient;
  readonly #values: SessionValues;
  /**
   * Key: name of a register or counter; value: its first read. A write waits for this read, which must show the value
   * from before the write.
   */
  readonly #begun = new Map<string, Promise<unknown>>();

  constructor(
    context: Context,
    { client: name, session, account }: { client: string; session: string; account: Account },
    client = context.connect(),
  ) {
    this.#context = context;
    this.session = session;
    this.account = account;
    this.#who = { client: name, session, user: account.label };
    this.#client = client;
    this.#values = new SessionValues(context, this.#who);
    this.#held = () => client;
    this.#requests = new SessionRequests(context, this.#who, account, client);
    this.#login = new SessionLogin(context, account, this.#requests);
  }

  static of(context: Context, n: number, account = context.account(n)): Driver {
    return new Driver(context, {
      client: `${context.prefix}${n + 1}`,
      session: `${context.prefix}${n + 1}`,
      account,
    });
  }

  /** Requests the login page, and keeps its form token. */
  form(how: How = {}): Promise<Operation> {
    return this.#login.form(how);
  }

  /** Logs in. The outcome is `ok` if the app accepted the login; `signedIn` is 'out' if it refused the login. */
  async login(how: How = {}): Promise<Operation> {
    return this.#born(await this.#login.perform(how), how);
  }

  /** Logs in as `login`. If `late` returns true after the wait for other logins, returns undefined without a login. */
  async loginUnless(late: () => boolean): Promise<Operation | undefined> {
    const operation = await this.#login.performUnless(late, {});
    return operation && this.#born(operation, {});
  }

  #born(operation: Operation, how: How): Operation {
    if (operation.outcome !== 'ok') return operation;
    this.#hold(this.#login.kept);
    const { session, user } = this.#who;
    if (how.as === undefined)
      this.#context.recorder.session({ type: 'session', session, user, event: 'born' });
    return operation;
  }

  /** Tries to log in without a password after a logout. The identity provider must ask for the password. */
  enterAgain(): Promise<Operation> {
    return this.#login.again({ as: { client: this.#client, with: 'old' } });
  }

  /** The page at which the last login stopped, for an error message. */
  get stop(): string | undefined {
    return this.#login.stop;
  }

  /** Opens the login page and logs in. Returns whether both succeeded. */
  async enter(how: How = {}): Promise<boolean> {
    await this.form(how);
    return (await this.login(how)).outcome === 'ok';
  }

  /** Requests the page with a probe's data. Without a probe, requests the page that shows the signed-in user. */
  read(probe?: Probe, how: How = {}): Promise<Recorded> {
    if (probe === undefined) return this.#page(how);
    const reading = this.#list(probe, how);
    if (numbered(probe) && !this.#begun.has(probe.object)) this.#begun.set(probe.object, reading);
    return reading;
  }

  async #page(how: How): Promise<Recorded> {
    const { page } = this.#context.target.signedIn;
    return this.#withCookies(await this.#requests.perform({ action: 'read' }, get(page), how), how);
  }

  #withCookies(recorded: Recorded, { as }: How): Recorded {
    const { operation, reply } = recorded;
    if (as === undefined && reply.cookies.length > 0 && honoured(operation) === true) this.#hold();
    return recorded;
  }

  #hold(client = this.#client): void {
    this.#held = client.replayerLater(this.#context.target.signedIn.page);
  }

  async #list(probe: Probe, how: How): Promise<Recorded> {
    const list = new ListRead(this.#context.interpreter, probe.object);
    const what = { action: 'read' as const, ...this.#values.object(probe), list };
    const first = await this.#requests.perform(what, get(probe.read.path), how);
    const last = list.next === undefined ? first : await lastPage(list, first, what, how, this.#requests);
    return this.#withCookies(last, how);
  }

  /** Reads with the cookies from the session's last signed-in response, even if the jar has newer cookies. */
  async readAsHeld(probe?: Probe): Promise<Operation> {
    const as = { client: this.#held().copy(), with: 'old' as const };
    return (await this.read(probe, { as, labelled: true })).operation;
  }

  look(path: string, how: How = {}, method = 'GET'): Promise<Reply> {
    return this.unrecorded({ method, path }, how);
  }

  /** Sends a request that no check judges. */
  unrecorded(send: Send, how: How): Promise<Reply> {
    return this.#requests.unrecorded(send, how);
  }

  /** Requests a page that need not show the signed-in user. HEAD requests only its headers. */
  async visit(path: string, how: How = {}, method: 'GET' | 'HEAD' = 'GET'): Promise<Operation> {
    const what = { action: 'read' as const, unmarked: true };
    return (await this.#requests.perform(what, { method, path }, how, false)).operation;
  }

  /** Adds or sets a new value, or increments a counter. The target file must have the request for this write. */
  async write(probe: Probe, how: How = {}, request: WriteSpec = writing(probe)): Promise<Operation> {
    const action = ({ counter: 'increment', register: 'set' } as const)[probe.kind as 'counter'] ?? 'add';
    const { value, filling } = action === 'increment' ? ONE_MORE : this.#values.text(probe, how);
    let options = how;
    if (numbered(probe) && !this.#begun.has(probe.object)) {
      await this.read(probe, { to: how.to, due: how.due });
      options = further(how);
    } else await this.#begun.get(probe.object);
    const what = {
      action,
      ...this.#values.object(probe),
      value,
      ...this.#confirmed(request, value, options),
    };
    const sent = this.#requests.filled(request, how, filling);
    return (await this.#requests.perform(what, { ...sent, twice: twiceOf(how, filling) }, options)).operation;
  }

  /** Sends a request that changes the session. The written value is not recorded. */
  async touch(request: RequestSpec, how: How = {}): Promise<Operation> {
    const send = this.#requests.filled(request, how, this.#values.next());
    return (await this.#requests.perform({ action: 'read', unmarked: true }, send, how)).operation;
  }

  /** Writes a text, and records nothing. */
  async put(probe: Probe, how: How): Promise<{ value: string; answer: Reply }> {
    const request = writing(probe);
    const { value, filling } = this.#values.text(probe, how);
    const sent = { ...this.#requests.filled(request, how, filling), twice: twiceOf(how, filling) };
    return { value, answer: await this.#requests.unrecorded(sent, how) };
  }

  /** Removes a value. `how.size` must be the length of the written value with its padding. */
  async remove(probe: Probe, request: WriteSpec, value: string, how: How = {}): Promise<Operation> {
    const confirmed = this.#confirmed(request, value, how);
    const what = { action: 'remove' as const, ...this.#values.object(probe), value, ...confirmed };
    const long = padded(value, how.size ?? 0);
    return (await this.#requests.perform(what, this.#requests.filled(request, how, long), how)).operation;
  }

  #confirmed({ confirmed }: WriteSpec, value: string, how: How): Pick<Call, 'settle'> {
    if (confirmed === undefined) return {};
    const { interpreter } = this.#context;
    const open = opening(this.#requests, 'read', how);
    return { settle: confirmation(confirmed, value, open, reply => interpreter.busy(reply)) };
  }

  logout(request: EndingSpec, how: How = {}): Promise<Operation> {
    return logout('logout', request, { requests: this.#requests, context: this.#context, how });
  }

  logoutAll(request: EndingSpec, how: How = {}): Promise<Operation> {
    return logout('logout-all', request, { requests: this.#requests, context: this.#context, how });
  }

  /** Refreshes the session's tokens. The client keeps the new tokens. */
  refresh(how: How = {}): Promise<Operation> {
    return this.#requests.tokens.refresh(how);
  }

  end(reason: string): void {
    const { session, user } = this.#who;
    this.#context.recorder.session({ type: 'session', session, user, event: 'ended', reason });
  }

  /** The last request before the login request: the login page, or one of the login's `steps`. */
  get lastForm(): Operation | undefined {
    return this.#requests.lastForm;
  }

  /**
   * The client that sends this session's requests. A later session can use the same client, like a user who logs in
   * again.
   */
  get browser(): SessionClient {
    return this.#client;
  }

  copyJar(without: readonly string[] = []): SessionClient {
    return this.#client.copy(without);
  }

  /** Returns a client with a copy of the cookies from the last signed-in response. */
  heldJar(): SessionClient {
    return this.#held().copy();
  }

  /** Returns a client that always sends the present cookies, even if a response sets new ones. */
  replayer(): SessionClient {
    return this.#client.replayer(this.#context.target.signedIn.page);
  }

  cookies(): readonly { name: string; value: string }[] {
    return this.#client.cookies(this.#context.target.signedIn.page);
  }
}
