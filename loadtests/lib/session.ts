/** One virtual user: logs in once, then reads and writes in that session, wherever the balancer sends it. */
import { sleep } from 'k6';
import { hmac } from 'k6/crypto';
import { parseHTML } from 'k6/html';
import { canaryOf } from '../../verify/core/canary.ts';
import { filled } from '../../verify/core/form.ts';
import type { Action, End, Operation, SessionEvent, Start } from '../../verify/core/history.ts';
import { Interpreter, type Reply } from '../../verify/core/interpret.ts';
import { type Random, seeded } from '../../verify/workloads/random.ts';
import { accountOf, userLabel } from './accounts.ts';
import type { App, FormRequest } from './card-store.ts';
import { forgetCookies, type Send, send } from './client.ts';
import { Observer } from './observe.ts';
import { clockLine, type Shared } from './run.ts';
import type { Settings } from './settings.ts';

/** A session's state is kept about this large, so that pages stay small and removals are seen too. */
const ITEMS = 8;
/** After a login that failed or a session that was lost, seconds: a broken app is not flooded with logins. */
const PAUSE = 1;
/** How often the first lost session is asked again: on which instances is its cookie still honoured? */
const REPLAYS = 4;
/** Room for the operations of one virtual user: ids are unique in the run. */
const IDS = 1e9;

export class VirtualUser {
  readonly #app: App;
  readonly #shared: Shared;
  readonly #settings: Settings;
  readonly #number: number;
  readonly #name: string;
  readonly #user: string;
  readonly #label: string;
  readonly #observer: Observer;
  readonly #interpreter: Interpreter;
  readonly #random: Random;
  #session: string | undefined;
  #items: string[] = [];
  /** The last reply that may hold a form token: it is looked for when a form is sent. */
  #page: Reply | undefined;
  #lives = 0;
  #values = 0;
  #ids = 0;
  #now = -1;

  /** @param number of the virtual user, from 1 on, unique in the run */
  constructor(app: App, shared: Shared, settings: Settings, number: number) {
    this.#app = app;
    this.#shared = shared;
    this.#settings = settings;
    this.#number = number;
    this.#name = `vu${number}`;
    this.#user = accountOf(settings, number);
    this.#label = userLabel(settings, this.#user) ?? this.#name;
    this.#random = seeded(shared.run.seed, this.#name);
    this.#interpreter = new Interpreter(app, {
      label: secret => hmac('sha256', shared.key, secret, 'hex').slice(0, 12),
      userLabel: name => userLabel(settings, name),
      canary: shared.run.canary,
      decode: html => (html.includes('&') ? parseHTML(html.replaceAll('<', '&lt;')).text() : html),
    });
    this.#interpreter.sessionCookies = settings.cookies;
    this.#observer = new Observer(shared, settings, number);
    this.#observer.step(clockLine(shared, this.#name));
  }

  /** One iteration: the login if there is no session, else one request. */
  iterate(): void {
    if (this.#session === undefined) this.#login();
    else this.#step(this.#session);
  }

  #login(): void {
    forgetCookies(this.#settings.url);
    this.#items = [];
    const session = ++this.#lives === 1 ? `s${this.#number}` : `s${this.#number}-${this.#lives}`;
    const { page, path, form } = this.#app.login;
    this.#perform(session, { action: 'form' }, { method: 'GET', path: page });
    const login = this.#perform(session, { action: 'login' }, this.#filled({ path, form }));
    if (login.outcome !== 'ok') {
      this.#end(session, 'refused');
      return;
    }
    this.#session = session;
    this.#tell(session, { event: 'born' });
    // As a browser does: the first page after the login, which carries the form token of the session.
    this.#read(session);
  }

  #step(session: string): void {
    const items = this.#items;
    const draw = this.#random.next();
    if (items.length > 0 && draw < (items.length >= ITEMS ? 0.2 : 0.03)) {
      const [value = ''] = items.splice(this.#random.below(items.length), 1);
      this.#write(session, 'remove', value, this.#app.remove);
    } else if (draw < 0.2 && items.length < 2 * ITEMS) this.#add(session);
    else this.#read(session);
  }

  #add(session: string): void {
    const value = canaryOf({
      prefix: this.#shared.run.canary,
      user: this.#label,
      session,
      number: ++this.#values,
      random: this.#random.next(),
    });
    if (this.#write(session, 'add', value, this.#app.add).outcome === 'ok') this.#items.push(value);
  }

  #write(session: string, action: 'add' | 'remove', value: string, request: FormRequest): Operation {
    const object = this.#app.object;
    const operation = this.#perform(session, { action, object, value }, this.#filled(request, value));
    if (operation.signedIn === 'out') this.#lost(session);
    return operation;
  }

  #read(session: string): void {
    const { sawUser, signedIn } = this.#look(session);
    if (signedIn === 'out' || (sawUser !== undefined && sawUser !== this.#label)) this.#lost(session);
  }

  #look(session: string): Operation {
    const { object, dashboard } = this.#app;
    return this.#perform(session, { action: 'read', object }, { method: 'GET', path: dashboard });
  }

  #lost(session: string): void {
    for (let i = 0; this.#lives === 1 && i < REPLAYS; i++) this.#look(session);
    this.#end(session, 'lost');
  }

  #end(session: string, reason: string): void {
    this.#session = undefined;
    this.#tell(session, { event: 'ended', reason });
    sleep(PAUSE);
  }

  #tell(session: string, what: Pick<SessionEvent, 'event' | 'reason'>): void {
    const at = this.#time();
    this.#observer.step({ type: 'session', session, user: this.#label, ...what, clock: this.#name, at });
  }

  #perform(
    session: string,
    { action, object, value }: { action: Action; object?: string; value?: string },
    request: Omit<Send, 'headers'>,
  ): Operation {
    const id = this.#number * IDS + ++this.#ids;
    const called: Omit<Start, 'type'> = {
      id,
      clock: this.#name,
      client: this.#name,
      session,
      user: this.#label,
      action,
      ...(object === undefined ? {} : { object: `${object}@${session}` }),
      ...(value === undefined ? {} : { value }),
      request: `${this.#shared.run.run}-${id}`,
      call: this.#time(),
    };
    const changes = action !== 'read' && action !== 'form';
    if (changes) this.#observer.step({ type: 'start', ...called });
    const reply = send(this.#settings.url, { ...request, headers: { 'x-request-id': called.request } });
    const asked = object === undefined ? { action } : { action, object };
    const returned: Omit<End, 'type' | 'id'> = {
      return: this.#time(),
      ...this.#interpreter.seen(reply, asked),
    };
    if (!changes && reply.status === 200) this.#page = reply;
    const operation: Operation = { type: 'op', ...called, ...returned };
    this.#observer.ended(changes ? { type: 'end', id, ...returned } : operation, operation);
    return operation;
  }

  #filled({ path, form }: FormRequest, value = ''): Omit<Send, 'headers'> {
    const csrf = this.#page === undefined ? '' : (this.#interpreter.csrf(this.#page) ?? '');
    const known = { user: this.#user, password: this.#settings.password, csrf, value };
    return { method: 'POST', path, form: filled(form, known) };
  }

  /**
   * Microseconds on the clock of this virtual user. k6 tells milliseconds, in which an answer and the next request
   * often fall together; a virtual user does one thing after the other, so each of its times is later than the last.
   * Against other clocks, `uncertainty` says how little that means.
   */
  #time(): number {
    this.#now = Math.max((Date.now() - this.#shared.zero) * 1000, this.#now + 1);
    return this.#now;
  }
}
