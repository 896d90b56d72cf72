/** Logs a session in by one request, by forms of several pages and hosts, or with a ready-made session. */
import type { Operation } from '../core/history/history.ts';
import type { Reply } from '../core/response/reply.ts';
import { BASIC } from '../target/completed.ts';
import type { Account } from '../target/load.ts';
import type { RequestSpec } from '../target/schema.ts';
import type { Call, Later } from './call.ts';
import type { Context } from './context.ts';
import { entrance, known } from './entrance.ts';
import { basicOf, forget, keep } from './fill.ts';
import { further, get, type How } from './how.ts';
import { putSession } from './ready-made.ts';
import type { Recorded } from './recorder.ts';
import type { ShownPage } from './remembered.ts';
import type { SessionRequests } from './requests.ts';
import type { SessionClient } from './session-client.ts';
import { lastOf, Walk } from './walk.ts';

const INCOMPLETE: Reply = { failure: 'timeout', headers: {}, body: '', cookies: [] };

const hasPath = ({ path }: RequestSpec): boolean => path !== '';

/**
 * Returns a function that requests a page to find out an operation's outcome. In the history, the request comes after
 * the operation.
 */
export function opening(
  requests: SessionRequests,
  action: 'form' | 'read',
  how: How,
): (path: string, later: Later) => Promise<Reply> {
  const { held: _, early: __, ...then } = further(how);
  return async (path, later) =>
    (await requests.perform({ action, unmarked: true, later }, get(path), then)).reply;
}

export class SessionLogin {
  readonly #context: Context;
  readonly #account: Account;
  readonly #requests: SessionRequests;
  /** The page at which the last login stopped, for an error message. */
  stop: string | undefined;
  /** Copy of the cookies of the last login. Set if the first instance after the login did not know the session. */
  kept: SessionClient | undefined;

  constructor(context: Context, account: Account, requests: SessionRequests) {
    this.#context = context;
    this.#account = account;
    this.#requests = requests;
  }

  /** Requests the login page, and stores its form token. */
  async form(how: How): Promise<Operation> {
    const { page } = this.#context.target.login;
    return (await this.#requests.perform({ action: 'form' }, get(page), how)).operation;
  }

  /**
   * Waits until the app's limits allow a login, and logs in. Registers the account first if the target file has
   * `register`.
   */
  async perform(how: How): Promise<Operation> {
    return this.#entered(how, await this.#turn(how));
  }

  /** Logs in as `perform`. If `late` returns true after the wait, sends no login and returns undefined. */
  async performUnless(late: () => boolean, how: How): Promise<Operation | undefined> {
    const ended = await this.#turn(how);
    if (!late()) return this.#entered(how, ended);
    ended();
    return undefined;
  }

  /** Waits until a login may begin. Call the returned function after the login, with its operation if it succeeded. */
  async #turn(how: How): Promise<(operation?: Operation) => void> {
    const { target, registration, spacing, mails, logins, prefix, signal } = this.#context;
    const client = this.#requests.clientOf(how);
    this.#giveCredentials(client);
    await registration?.of(this.#account, signal);
    const done = await spacing?.turn(this.#account, signal);
    if (target.session !== undefined) await putSession(client, target.session, this.#account, target, signal);
    forget(target, client);
    const read = await mails?.turns.turn(this.#account, signal);
    // A login that must overlap other requests starts at once, because the other requests wait for it.
    const left = how.held === undefined ? await logins.turn(prefix) : undefined;
    return operation => {
      const end = operation?.return;
      left?.(operation?.outcome === 'ok' && end !== undefined ? (end - operation.call) / 1000 : undefined);
      done?.();
      read?.();
    };
  }

  async #entered(how: How, ended: (operation?: Operation) => void): Promise<Operation> {
    const { operation, reply } = await this.#sendAll(how).catch(error => {
      ended();
      throw error;
    });
    ended(operation);
    keep(this.#context.target.login.capture, reply, this.#requests.clientOf(how));
    return operation;
  }

  #giveCredentials({ captured }: SessionClient): void {
    const { user, password } = this.#account;
    captured.set('user', user).set('password', password);
    if (this.#context.target.login.basic) captured.set(BASIC, basicOf(user, password));
  }

  async #sendAll(how: How): Promise<Recorded> {
    const complete = await this.#requests.steps(this.#context.target.login.steps.filter(hasPath), how);
    await how.between?.();
    return this.#send(complete, how);
  }

  /** `complete` is false if a step of the login has failed. The login is then recorded as failed. */
  #send(complete: boolean, how: How): Promise<Recorded> {
    const { login: spec } = this.#context.target;
    const client = this.#requests.clientOf(how);
    const settle = this.#settling(client, how);
    if (!complete) {
      const stopped = { url: client.addressOf('/'), reply: INCOMPLETE };
      return this.#requests.stopped({ action: 'login' }, stopped, how);
    }
    const forms = [...spec.steps, spec].filter(one => !hasPath(one));
    if (forms.length > 0) return this.#walkIn(forms, settle, how);
    const from = client.addressOf(spec.page);
    return this.#requests.perform(
      { action: 'login', settle },
      { ...this.#requests.filled(spec, how), from },
      how,
    );
  }

  #settling(client: SessionClient, how: How): NonNullable<Call['settle']> {
    const { target, interpreter } = this.#context;
    const settle =
      target.session === undefined
        ? entrance(target, interpreter, this.#landing(client, how))
        : known(interpreter);
    const called = Date.now();
    return async (reply, outcome, later) => {
      const issued = this.#requests.tokens.issued(reply, client, called);
      return { ...(await settle(reply, outcome, later)), ...(issued === undefined ? {} : { issued }) };
    };
  }

  /** Later tries send the cookies of the login, because an instance that does not know the session may replace them. */
  #landing(client: SessionClient, how: How): Parameters<typeof entrance>[2] {
    let jar: SessionClient | undefined;
    this.kept = undefined;
    return attempt => {
      jar ??= client.copy();
      this.kept = attempt === 0 ? undefined : jar;
      const as = attempt === 0 ? how.as : { client: jar.copy(), with: 'old' as const };
      return opening(this.#requests, 'form', { ...how, as });
    };
  }

  async #walkIn(forms: readonly RequestSpec[], settle: Call['settle'], how: How): Promise<Recorded> {
    const client = this.#requests.clientOf(how);
    const { label } = this.#account;
    // If the browser has another user's session at the identity provider, the provider would sign in that user.
    if (client.known !== label) client.forgetOthers();
    if (client.page === undefined) await this.form(how);
    const walk = new Walk(client, client.page as ShownPage);
    const values = forms.map(form => this.#requests.filled(form, how).form ?? {});
    const send = this.#requests.walking(how);
    const last = await lastOf(walk, values, step => {
      if (!step.path.startsWith('/')) client.known = label;
      return send(step);
    });
    client.page = walk.page;
    this.stop = last === undefined ? walk.stop : undefined;
    if (last !== undefined)
      return this.#requests.perform(
        { action: 'login', ...(settle === undefined ? {} : { settle }) },
        last,
        how,
      );
    const { status = 500 } = walk.page.reply;
    const refused = async () => (status < 500 ? ({ outcome: 'fail', signedIn: 'out' } as const) : {});
    return this.#requests.stopped({ action: 'login', settle: refused }, walk.page, how);
  }

  /** Tries to log in without a password in a browser whose user has logged out. */
  async again(how: How): Promise<Operation> {
    await this.form(how);
    return (await this.#walkIn([], undefined, how)).operation;
  }
}
