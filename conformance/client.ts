/** Drives the sessions of a run over two hosts, and tells the judge of every request as it happens. */
import { canaryFinder, canaryOf } from '../verify/core/canary.ts';
import type { Action, Called, Event, Returned, With } from '../verify/core/history.ts';
import type { Host } from './host.ts';

/** What all sessions of a run share. */
export interface Course {
  readonly hosts: readonly [Host, Host];
  /** Every value begins with it. */
  readonly canary: string;
  /** Takes the events of the history, in order. */
  readonly record: (event: Event) => void;
  /** Microseconds since the run began. */
  readonly now: () => number;
  /** A number that was not given before. */
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
/** A request that takes longer got no answer, milliseconds. */
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

  /** @returns whether it was acknowledged */
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

  /** Adds a new value; the request works for `workMs` milliseconds between loading and saving the session. */
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

  /** Nothing more is sent in it. */
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
      ...{ id, request, clock: CLOCK, client: this.#name, session: this.#name, user: this.user },
      ...{ action: sent.action, call: now(), path: sent.path },
      ...(sent.value !== undefined && { value: sent.value }),
      ...(sent.with && { with: sent.with }),
      ...((sent.value !== undefined || sent.action === 'read') && { object: `${OBJECT}@${this.#name}` }),
    };
    const read = sent.action === 'read';
    if (!read) record({ type: 'start', ...called });
    started?.(request);
    const answer = await this.#ask(host, sent, request);
    const returned: Returned = { ...answer, return: now(), instance: host.name, source: 'address' };
    if (read) record({ type: 'op', ...called, ...returned });
    else record({ type: 'end', id, ...returned });
    return returned;
  }

  async #ask(host: Host, sent: Sent, request: string): Promise<Returned> {
    let response: Response;
    try {
      response = await fetch(`${host.url}${sent.path}`, {
        method: sent.method,
        headers: { cookie: this.#cookie, 'x-request-id': request, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(sent.body && { body: JSON.stringify(sent.body) }),
      });
      return this.#understand(sent, response, (await response.json()) as Answer);
    } catch (error) {
      return { outcome: sent.action === 'read' ? 'fail' : 'info', note: String(error) };
    }
  }

  /** The cookie is sent for as long as the session is asked for, whatever its Expires says: the store is judged. */
  #understand({ action }: Sent, response: Response, body: Answer): Returned {
    const { status } = response;
    const unanswered = action === 'read' ? 'fail' : 'info';
    const [cookie] = response.headers.getSetCookie();
    if (action === 'login' && cookie !== undefined) this.#cookie = cookie.split(';', 1)[0] ?? '';
    if (status === 401) return { outcome: 'fail', status, signedIn: 'out', note: 'signed out' };
    // What the store refused was not done; what it did not answer may have been.
    if (status >= 400) return { outcome: unanswered, status, note: `${status} ${body.error ?? ''}`.trim() };
    if (action === 'login') return { outcome: 'ok', status, signedIn: 'in', sawUser: this.user };
    if (body.values === undefined) return { outcome: 'ok', status, signedIn: 'in' };
    const saw = body.values;
    const canaries = canaryFinder(this.#course.canary)(body.user ?? '');
    return { outcome: 'ok', status, signedIn: 'in', saw, canaries, ...(body.user && { sawUser: body.user }) };
  }
}

interface Answer {
  user?: string;
  values?: string[];
  error?: string;
}
