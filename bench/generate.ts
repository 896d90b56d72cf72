/** Generates healthy histories of any length: sessions that log in, read, write and log out. */

import { canaryOf } from '../verify/core/history/canary.ts';
import type { Event, Run } from '../verify/core/history/history.ts';
import { type Random, seeded } from '../verify/random.ts';

export const run: Run = {
  type: 'run',
  format: 'baton-history',
  version: 1,
  run: 'bench',
  seed: 1,
  started: '2026-01-01T00:00:00.000Z',
  target: 'bench',
  url: 'http://127.0.0.1',
  command: 'npm run bench:judge',
  claims: ['continuity'],
  routing: 'spread',
  canary: 'bbench',
  logs: [],
};

/** Number of concurrent sessions. */
const OPEN = 100;

/**
 * Generates the events of a history in the order in which Baton records them, without the first event `run`.
 * @param operations approximate number of operations
 * @param sessions number of sessions
 */
export function* history(operations: number, sessions: number): Generator<Event> {
  const random = seeded(1);
  const each = Math.max(4, Math.floor(operations / sessions));
  let clock = 0;
  let ids = 0;
  yield { type: 'clock', clock: 'c0', base: run.started, uncertainty: 0 };
  for (let first = 0; first < sessions; first += OPEN) {
    const open = Array.from(
      { length: Math.min(OPEN, sessions - first) },
      (_, i) => new Walk(first + i, each, random),
    );
    while (open.length > 0) {
      for (let i = open.length - 1; i >= 0; i--) {
        const walk = open[i] as Walk;
        clock += 50;
        ids++;
        yield* walk.step(ids, clock);
        if (walk.left === 0) open.splice(i, 1);
      }
    }
  }
  yield { type: 'finish', clock: 'c0', at: clock + 10_000, reason: 'complete' };
}

class Walk {
  left: number;
  readonly #session: string;
  readonly #user: string;
  readonly #object: string;
  readonly #random: Random;
  readonly #each: number;
  #state: string[] = [];
  #values = 0;

  constructor(number: number, each: number, random: Random) {
    this.left = each;
    this.#each = each;
    this.#session = `s${number}`;
    this.#user = `user${number % 1000}`;
    this.#object = `basket@s${number}`;
    this.#random = random;
  }

  *step(id: number, at: number): Generator<Event> {
    const { left } = this;
    this.left--;
    if (left === this.#each) {
      yield* this.#change(id, at, 'login');
      return;
    }
    if (left === 1) {
      yield* this.#change(id, at, 'logout');
      yield {
        type: 'session',
        event: 'ended',
        session: this.#session,
        user: this.#user,
        clock: 'c0',
        at: at + 1000,
      };
      return;
    }
    const draw = this.#random.next();
    if (draw < 0.15) yield* this.#add(id, at);
    else if (draw < 0.28 && this.#state.length > 0) yield* this.#remove(id, at);
    else yield this.#read(id, at);
  }

  #called(id: number, at: number) {
    const who = { client: this.#session, session: this.#session, user: this.#user };
    return { id, clock: 'c0', ...who, request: `bench-${id}`, call: at };
  }

  #returned(at: number) {
    const instance = this.#random.next() < 0.5 ? 'app-1' : 'app-2';
    return {
      return: at + 2000,
      outcome: 'ok' as const,
      status: 200,
      note: '200',
      instance,
      source: 'header',
    };
  }

  *#change(id: number, at: number, action: 'login' | 'logout'): Generator<Event> {
    yield { type: 'start', ...this.#called(id, at), action };
    const cookies = [{ name: 'sid', change: 'set' as const, label: `label-${this.#session}` }];
    yield {
      type: 'end',
      id,
      ...this.#returned(at),
      ...(action === 'login' ? { signedIn: 'in', cookies } : {}),
    };
  }

  *#add(id: number, at: number): Generator<Event> {
    const { canary: prefix } = run;
    const parts = {
      user: this.#user,
      session: this.#session,
      number: ++this.#values,
      random: this.#random.next(),
    };
    const value = canaryOf({ prefix, ...parts });
    yield { type: 'start', ...this.#called(id, at), action: 'add', object: this.#object, value };
    yield { type: 'end', id, ...this.#returned(at) };
    this.#state = [...this.#state, value];
  }

  *#remove(id: number, at: number): Generator<Event> {
    const value = this.#state[this.#random.below(this.#state.length)] as string;
    yield { type: 'start', ...this.#called(id, at), action: 'remove', object: this.#object, value };
    yield { type: 'end', id, ...this.#returned(at) };
    this.#state = this.#state.filter(v => v !== value);
  }

  #read(id: number, at: number): Event {
    const seen = { signedIn: 'in' as const, sawUser: this.#user, saw: this.#state };
    return {
      type: 'op',
      ...this.#called(id, at),
      action: 'read',
      object: this.#object,
      ...this.#returned(at),
      ...seen,
    };
  }
}
