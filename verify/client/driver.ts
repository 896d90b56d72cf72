/** Performs the target's operations in one session, as its user, and records them. */
import { canaryOf } from '../core/canary.ts';
import { filled } from '../core/form.ts';
import type { Operation } from '../core/history.ts';
import type { Interpreter, Reply } from '../core/interpret.ts';
import type { Account, Target } from '../target/load.ts';
import type { Probe, RequestSpec } from '../target/schema.ts';
import type { Random } from '../workloads/random.ts';
import type { Recorded, Recorder } from './recorder.ts';
import type { Send, SessionClient } from './session-client.ts';

/** What all clients of a run share. */
export interface Context {
  target: Target;
  recorder: Recorder;
  interpreter: Interpreter;
  /** A client with an empty jar. */
  connect(): SessionClient;
  /** Prefix of the run's canaries. */
  canary: string;
  random: Random;
  /** Aborts when the run is to stop: requests in flight are given up. */
  signal: AbortSignal;
}

export class Driver {
  readonly session: string;
  readonly account: Account;
  readonly #context: Context;
  readonly #who: { client: string; session: string; user: string };
  readonly #client: SessionClient;
  #values = 0;

  constructor(context: Context, who: { client: string; session: string; account: Account }) {
    this.#context = context;
    this.session = who.session;
    this.account = who.account;
    this.#who = {
      client: who.client,
      session: who.session,
      user: who.account.label,
    };
    this.#client = context.connect();
  }

  /** Opens the login page and keeps its form token. */
  async form(): Promise<Operation> {
    const { operation } = await this.#perform({ action: 'form' }, get(this.#context.target.login.page));
    return operation;
  }

  /** Posts the login form. Accepted when the operation is `ok`, refused when it is `signedIn: 'out'`. */
  async login(): Promise<Operation> {
    const { operation } = await this.#perform({ action: 'login' }, this.#filled(this.#context.target.login));
    const { session, user } = this.#who;
    if (operation.outcome === 'ok')
      this.#context.recorder.session({
        type: 'session',
        session,
        user,
        event: 'born',
      });
    return operation;
  }

  /** Reads the state of a probe; without one, the page that shows who is signed in. */
  async read(probe?: Probe): Promise<Recorded> {
    if (probe === undefined)
      return this.#perform({ action: 'read' }, get(this.#context.target.signedIn.page));
    return this.#perform({ action: 'read', ...this.#object(probe) }, get(probe.read.path));
  }

  /** Adds a value that nobody has used before. */
  async add(probe: Probe, request: RequestSpec): Promise<Operation> {
    const { canary, random } = this.#context;
    const { user, session } = this.#who;
    const value = canaryOf({
      prefix: canary,
      user,
      session,
      number: ++this.#values,
      random: random.next(),
    });
    const send = this.#filled(request, value);
    return (await this.#perform({ action: 'add', ...this.#object(probe), value }, send)).operation;
  }

  async remove(probe: Probe, request: RequestSpec, value: string): Promise<Operation> {
    const send = this.#filled(request, value);
    return (await this.#perform({ action: 'remove', ...this.#object(probe), value }, send)).operation;
  }

  async logout(request: RequestSpec): Promise<Operation> {
    return (await this.#perform({ action: 'logout' }, this.#filled(request))).operation;
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

  /** The jar as it is now, for requests beside the session that are not recorded. */
  copyJar(without: readonly string[] = []): SessionClient {
    return this.#client.copy(without);
  }

  cookieNames(): string[] {
    return this.#client.cookieNames(this.#context.target.signedIn.page);
  }

  async #perform(
    what: Omit<Parameters<Recorder['perform']>[0], 'client' | 'session' | 'user'>,
    send: Send,
  ): Promise<Recorded> {
    const { recorder, signal } = this.#context;
    const recorded = await recorder.perform({ ...this.#who, ...what }, this.#client, send, signal);
    this.#keepToken(recorded.reply);
    return recorded;
  }

  #keepToken(reply: Reply): void {
    const token = this.#context.interpreter.csrf(reply);
    if (token !== undefined) this.#client.csrf = token;
  }

  #object(probe: Probe): { object: string; objectName: string } {
    const scope = probe.scope === 'user' ? this.#who.user : this.#who.session;
    return { object: probe.object, objectName: `${probe.object}@${scope}` };
  }

  #filled(spec: RequestSpec, value = ''): Send {
    const { user, password } = this.account;
    const known: Record<string, string> = {
      user,
      password,
      value,
      csrf: this.#client.csrf,
    };
    return {
      method: spec.method,
      path: spec.path,
      headers: spec.headers,
      form: filled(spec.form, known),
    };
  }
}

const get = (path: string): Send => ({ method: 'GET', path });
