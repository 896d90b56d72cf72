/**
 * Decides inside an instance which requests the app handles wrongly, and records the wrong effects that a client
 * could notice. Independent of Baton, so its records show what Baton should find.
 */
import { appendFileSync } from 'node:fs';
import type { SessionData } from 'express-session';
import { type Random, seeded } from '../../verify/random.ts';
import type { Draw } from './draw.ts';
import { currentRequest, followRequests } from './requests.ts';

/** The condition `some users` applies to one in SOME users. */
const SOME = 4;

interface Seen {
  first: number;
  /** Time of the session's previous request. */
  before: number;
  last: number;
  open: number;
}

interface Login {
  elsewhere: boolean;
  /** True if this instance has served an earlier session of the user. */
  again: boolean;
}

export class Oracle {
  readonly draw: Draw;
  readonly #file: string;
  readonly #second: boolean;
  readonly #random: Random;
  readonly #sessions = new Map<string, Seen>();
  /** Key: session id. */
  readonly #logins = new Map<string, Login>();
  readonly #users = new Set<string>();

  /** @param file path of the file that gets a line for each wrong effect */
  constructor(draw: Draw, file: string, instance: string) {
    this.draw = draw;
    this.#file = file;
    this.#second = instance.endsWith('2');
    this.#random = seeded(draw.seed, instance);
  }

  static ofProcess({ env } = process): Oracle {
    const draw: Draw = JSON.parse(env['POWER_DRAW'] ?? '{}');
    followRequests();
    return new Oracle(draw, env['POWER_HARMS'] ?? '/dev/null', env['INSTANCE_ID'] ?? '');
  }

  /** Call this when a request of the session begins. Call the returned function when the request ends. */
  began(sid: string): () => void {
    const now = Date.now();
    const seen = this.#sessions.get(sid) ?? { first: now, before: now, last: now, open: 0 };
    this.#sessions.set(sid, seen);
    Object.assign(seen, { before: seen.last, last: now });
    seen.open++;
    return () => {
      seen.open--;
    };
  }

  /**
   * Call this before each save and after each load of a session. If the first call is a save, this instance has
   * handled the login.
   */
  used(sid: string, data: Partial<SessionData> | null, how: 'loaded' | 'saved'): void {
    if (data?.user === undefined || this.#logins.has(sid)) return;
    this.#logins.set(sid, { elsewhere: how === 'loaded', again: this.#users.has(data.user) });
    this.#users.add(data.user);
  }

  /**
   * Returns true if the app must handle the current request wrongly.
   * @param data the session that is read or saved, if there is one
   */
  strikes(sid: string, data?: Partial<SessionData> | null): boolean {
    return this.#applies(sid, data ?? {}) && this.#random.next() * this.draw.every < 1;
  }

  #applies(sid: string, data: Partial<SessionData>): boolean {
    const { when, wait, size } = this.draw;
    const { head, afterError } = currentRequest();
    // A response to HEAD has no page, so a client would notice few changes of the app in it.
    if (head !== (when === 'head')) return false;
    const seen = this.#sessions.get(sid);
    switch (when) {
      case 'always':
      case 'head':
        return true;
      case 'after an error':
        return afterError;
      case 'one instance':
        return this.#second;
      case 'some users':
        return [...(data.user ?? 'x')].reduce((sum, one) => sum + one.charCodeAt(0), 0) % SOME === 0;
      case 'begun elsewhere':
        return this.#logins.get(sid)?.elsewhere === true;
      case 'second login':
        return this.#logins.get(sid)?.again === true;
      case 'aged':
        return seen !== undefined && Date.now() - seen.first >= wait;
      case 'rested':
        return seen !== undefined && seen.last - seen.before >= wait;
      case 'overlapping':
        return (seen?.open ?? 0) > 1;
      case 'large':
        return JSON.stringify(data).length >= size;
      case 'awkward':
        return /[^\0-\x7f]/.test(JSON.stringify(data));
    }
  }

  /** Records that the app did something wrong that a client can notice. */
  harm(what: string): void {
    appendFileSync(this.#file, `${what}\n`);
  }
}
