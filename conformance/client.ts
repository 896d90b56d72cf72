/** Sends the requests of a run's sessions to two app instances, and passes them to the judge. */
import { canaryFinder, canaryOf } from '../verify/core/history/canary.ts';
import type { Action, Called, Event, Returned, With } from '../verify/core/history/history.ts';
import type { Host } from './host.ts';

export interface Course {
  readonly hosts: readonly [Host, Host];
  /** Prefix of every value that the run writes. */
  readonly canary: string;
  /** Passes an event to the judge. Events must come in order. */
  readonly record: (event: Event) => void;
  /** Returns the time since the run began, microseconds. */
  readonly now: () => number;
  /** Returns a number that is unique in this run. */
  readonly next: () => number;
}

interface Sent {
  action: Action;
  method: 'GET' | 'POST';
  path: string;
  body?: object;
  value?: string;
  with?: With;
}

const CLOCK = 'c0';
const OBJECT = 'values';
/** Timeout of a request, milliseconds. */
const TIMEOUT_MS = 20_000;

export class SessionUnderTest {
  readonly user: string;
  readonly #course: Course;
  readonly #name: string;
  #cookie = '';
  #values = 0;

  constructor(course: Course, user: string) {
    this.#course = course;
    this.user = user;
    this.#name = `s${course.next()}`;
  }

  /** Returns true if the login was successful. */
  async login(host: Host): Promise<boolean> {
    const { outcome } = await this.#send(host, {
      action: 'login',
      method: 'POST',
      path: '/login',
      body: { user: this.user },
    });
    return outcome === 'ok';
  }

  async read(host: Host, cookies?: With): Promise<void> {
    await this.#send(host, {
      action: 'read',
      method: 'GET',
      path: '/values',
      ...(cookies && { with: cookies }),
    });
  }

  /** Adds a new value. The app waits for `workMs` ms between loading and saving the session. */
  async add(host: Host, workMs = 0, started?: (request: string) => void): Promise<void> {
    const value = canaryOf({
      prefix: this.#course.canary,
      user: this.user,
      session: this.#name,
      number: ++this.#values,
      random: Math.random(),
    });
    const sent: Sent = { action: 'add', method: 'POST', path: '/values', body: { value, workMs }, value };
    await this.#send(host, sent, started);
  }

  async logout(host: Host): Promise<void> {
    await this.#send(host, { action: 'logout', method: 'POST', path: '/logout' });
  }

  end(): void {
    const { record, now } = this.#course;
    const { user } = this;
    record({ type: 'session', session: this.#name, user, event: 'ended', clock: CLOCK, at: now() });
  }

  async #send(host: Host, sent: Sent, started?: (request: string) => void): Promise<Returned> {
    const { record, now, next } = this.#course;
    const id = next();
    const request = `conformance-${id}`;
    const called: Called = {
      id,
      request,
      clock: CLOCK,
      client: this.#name,
      session: this.#name,
      user: this.user,
      action: sent.action,
      call: now(),
      path: sent.path,
      ...(sent.value !== undefined && { value: sent.value }),
      ...(sent.with && { with: sent.with }),
      ...((sent.value !== undefined || sent.action === 'read') && { object: `${OBJECT}@${this.#name}` }),
    };
    const read = sent.action === 'read';
    if (!read) record({ type: 'start', ...called });
    started?.(request);
    const result = await this.#request(host, sent, request);
    const returned: Returned = { ...result, return: now(), instance: host.name, source: 'address' };
    if (read) record({ type: 'op', ...called, ...returned });
    else record({ type: 'end', id, ...returned });
    return returned;
  }

  async #request(host: Host, sent: Sent, request: string): Promise<Returned> {
    let response: Response;
    try {
      response = await fetch(`${host.url}${sent.path}`, {
        method: sent.method,
        headers: { cookie: this.#cookie, 'x-request-id': request, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(sent.body && { body: JSON.stringify(sent.body) }),
      });
      return this.#interpret(sent, response, (await response.json()) as ResponseBody);
    } catch (error) {
      return { outcome: sent.action === 'read' ? 'fail' : 'info', note: String(error) };
    }
  }

  /** Keeps the cookie beyond its `Expires`, because only the store is judged. */
  #interpret({ action }: Sent, response: Response, body: ResponseBody): Returned {
    const { status } = response;
    const undetermined = action === 'read' ? 'fail' : 'info';
    const [cookie] = response.headers.getSetCookie();
    if (action === 'login' && cookie !== undefined) this.#cookie = cookie.split(';', 1)[0] ?? '';
    if (status === 401) return { outcome: 'fail', status, signedIn: 'out', note: 'signed out' };
    // The write may have happened even if the store reported an error.
    if (status >= 400) return { outcome: undetermined, status, note: `${status} ${body.error ?? ''}`.trim() };
    if (action === 'login') return { outcome: 'ok', status, signedIn: 'in', sawUser: this.user };
    if (body.values === undefined) return { outcome: 'ok', status, signedIn: 'in' };
    const saw = body.values;
    const canaries = canaryFinder(this.#course.canary)(body.user ?? '');
    return { outcome: 'ok', status, signedIn: 'in', saw, canaries, ...(body.user && { sawUser: body.user }) };
  }
}

interface ResponseBody {
  user?: string;
  values?: string[];
  error?: string;
}
