/** Builds small histories for tests. Each method adds one request after the previous one, unless times are given. */
import { CHECKS } from '../checks/index.ts';
import type { Action, Event, Fault, Operation, Phase, Run, With } from '../history/history.ts';
import type { Guarantee } from '../result/guarantees.ts';
import type { Result } from '../result/result.ts';
import type { Verdict } from '../result/verdict.ts';
import { Judge } from '../timeline/judge.ts';

export const PREFIX = 'bcanary';

export const runLine = (more: Partial<Run> = {}): Run => ({
  type: 'run',
  format: 'baton-history',
  version: 1,
  run: 'test',
  seed: 1,
  started: '2026-01-01T00:00:00.000Z',
  target: 'picture',
  url: 'http://127.0.0.1',
  command: 'npx baton-verify verify --seed 1',
  claims: ['continuity', 'isolation', 'routing', 'read-your-writes', 'monotonic-reads', 'evidence'],
  routing: 'spread',
  canary: PREFIX,
  logs: [],
  ...more,
});

/** Fields of a request and its response that differ from a plain success. `undefined` removes a field. */
export type Shown = Absent<
  Pick<
    Operation,
    | 'instance'
    | 'saw'
    | 'outcome'
    | 'status'
    | 'note'
    | 'signedIn'
    | 'sawUser'
    | 'canaries'
    | 'cookies'
    | 'call'
    | 'late'
    | 'return'
    | 'version'
    | 'with'
    | 'change'
    | 'direct'
    | 'sent'
    | 'path'
    | 'skew'
    | 'caching'
    | 'exposed'
    | 'issued'
    | 'lost'
    | 'resent'
    | 'starved'
  >
>;

type Absent<T> = { [K in keyof T]?: T[K] | undefined };
type What = Pick<Operation, 'object' | 'value'>;

export class Picture {
  readonly events: Event[] = [];
  readonly run: Run;
  now = 0;
  ids = 0;

  constructor(run: Partial<Run> = {}) {
    this.run = runLine(run);
  }

  session(name: string, user: string): SessionPicture {
    return new SessionPicture(this, name, user);
  }

  add(...events: Event[]): this {
    this.events.push(...events);
    return this;
  }

  finish(): this {
    return this.add({ type: 'finish', clock: 'c0', at: this.now, reason: 'complete' });
  }

  wait(microseconds: number): this {
    this.now += microseconds;
    return this;
  }

  phase(phase: Phase['phase']): this {
    return this.add({ type: 'phase', phase, clock: 'c0', at: this.now });
  }

  disturb(id: number, name: string, more: Partial<Fault> = {}): this {
    return this.add({ type: 'fault', id, name, clock: 'c0', begin: this.now, ...more });
  }

  /** Ends a fault. By default, the history says that the fault has taken effect (`bit`). */
  heal(id: number, more: Partial<Fault> = {}): this {
    const opened = this.events.find((event): event is Fault => event.type === 'fault' && event.id === id);
    if (opened === undefined) throw new Error(`no fault ${id} was begun`);
    return this.add({ ...opened, end: this.now, bit: true, ...more });
  }

  /** Sorts the lines of the history by time, as a recorder writes them. */
  inTime(): this {
    const calls = new Map<number, number>();
    for (const event of this.events) if (event.type === 'start') calls.set(event.id, event.call);
    const moment = (event: Event): number => {
      if (event.type === 'start') return event.call;
      if (event.type === 'op') return event.return ?? event.call;
      if (event.type === 'end') return event.return ?? calls.get(event.id) ?? 0;
      if (event.type === 'fault') return event.end ?? event.begin;
      return 'at' in event ? event.at : Number.NEGATIVE_INFINITY;
    };
    this.events.sort((a, b) => moment(a) - moment(b));
    return this;
  }

  result(): Result {
    const judge = new Judge(this.run, CHECKS);
    for (const event of this.events) judge.step(event);
    return judge.finish();
  }

  verdict(guarantee: Guarantee): Verdict {
    const verdict = this.result().guarantees.find(v => v.guarantee === guarantee);
    if (verdict === undefined) throw new Error(`no verdict on ${guarantee}`);
    return verdict;
  }
}

export class SessionPicture {
  readonly #picture: Picture;
  readonly name: string;
  readonly user: string;

  constructor(picture: Picture, name: string, user: string) {
    this.#picture = picture;
    this.name = name;
    this.user = user;
  }

  form(instance: string, shown: Shown = {}): this {
    return this.#request('form', instance, { ...shown });
  }

  login(instance: string, shown: Shown = {}): this {
    return this.#request('login', instance, { signedIn: 'in', ...shown });
  }

  refusedLogin(instance: string): this {
    return this.#request('login', instance, { outcome: 'fail', signedIn: 'out', status: 403 });
  }

  read(instance: string, saw: string[] = [], shown: Shown = {}): this {
    const state = { object: `basket@${this.name}`, saw };
    return this.#request('read', instance, { signedIn: 'in', sawUser: this.user, ...state, ...shown });
  }

  signedOut(instance: string, shown: Shown = {}): this {
    return this.#request('read', instance, {
      outcome: 'fail',
      signedIn: 'out',
      status: 303,
      note: '303 to /login',
      ...shown,
    });
  }

  write(value: string, instance: string, shown: Shown = {}): this {
    return this.#request('add', instance, { object: `basket@${this.name}`, value, ...shown });
  }

  /** Adds a write to a second object of the session. */
  note(value: string, instance: string, shown: Shown = {}): this {
    return this.#request('add', instance, { object: `notes@${this.name}`, value, ...shown });
  }

  increment(instance: string, shown: Shown = {}): this {
    return this.#request('increment', instance, { object: `basket@${this.name}`, ...shown });
  }

  remove(value: string, instance: string, shown: Shown = {}): this {
    return this.#request('remove', instance, { object: `basket@${this.name}`, value, ...shown });
  }

  change(action: Action, value: string, instance: string, shown: Shown = {}): this {
    return this.#request(action, instance, { object: `basket@${this.name}`, value, ...shown });
  }

  logout(instance: string, shown: Shown = {}): this {
    return this.#request('logout', instance, shown);
  }

  logoutAll(instance: string, shown: Shown = {}): this {
    return this.#request('logout-all', instance, shown);
  }

  /** Adds a refresh with the token `sent`. The app issues the token `next`, or refuses if `next` is undefined. */
  refresh(sent: string, next: string | undefined, instance: string, shown: Shown = {}): this {
    const refused = { outcome: 'fail', signedIn: 'out', status: 400, note: '400' } as const;
    const answer = next === undefined ? refused : { issued: { refresh: next } };
    return this.#request('refresh', instance, { sent, ...answer, ...shown });
  }

  /** Adds a signed-in read with `cookies` instead of those in the jar. */
  honours(cookies: With, instance: string, shown: Shown = {}): this {
    return this.read(instance, [], { with: cookies, ...shown });
  }

  refuses(cookies: With, instance: string, shown: Shown = {}): this {
    return this.#request('read', instance, {
      outcome: 'fail',
      signedIn: 'out',
      status: 303,
      note: '303 to /login',
      with: cookies,
      ...(['before-login', 'another', 'invented'].includes(cookies) ? { sent: 'held' } : {}),
      ...shown,
    });
  }

  /** Adds a request whose response shows nothing about the session, for example for a static file. */
  asks(instance: string, shown: Shown = {}): this {
    return this.#request('read', instance, shown);
  }

  ended(): this {
    const { name: session, user } = this;
    this.#picture.add({ type: 'session', event: 'ended', session, user, clock: 'c0', at: this.#picture.now });
    return this;
  }

  /** Adds `count` reads that alternate between two instances. */
  hops(count: number, saw: string[] = []): this {
    for (let i = 0; i < count; i++) this.read(i % 2 === 0 ? 'app-2' : 'app-1', saw);
    return this;
  }

  #request(action: Action, from: string, shown: Shown & What): this {
    const picture = this.#picture;
    const id = ++picture.ids;
    const call = shown.call ?? picture.now;
    picture.now = Math.max(picture.now, call) + 1000;
    const called = {
      id,
      clock: 'c0',
      client: this.name,
      session: this.name,
      user: this.user,
      action,
      request: `test-${id}`,
      call,
    };
    const { object, value, with: cookies, change, direct, sent, path, outcome = 'ok', ...rest } = shown;
    const asked = { object, value, with: cookies, change, direct, sent, path };
    const what = { ...called, ...given(asked) };
    const answer = { return: call + 500, status: 200, instance: from, source: 'header', ...rest };
    const returned = { ...given(answer), outcome };
    if (action === 'read' || action === 'form') picture.add({ type: 'op', ...what, ...returned });
    else picture.add({ type: 'start', ...what }, { type: 'end', id, ...returned });
    return this;
  }
}

const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
