/** Contains the state that all sessions of a virtual user share: clock, counters, judge, and interpreter of pages. */
import { hmac } from 'k6/crypto';
import exec from 'k6/execution';
import { parseHTML } from 'k6/html';
import { newcomerLabel, type PoolAccount, poolOf, userLabel } from '../../verify/core/response/accounts.ts';
import { Interpreter } from '../../verify/core/response/interpret.ts';
import { type Random, seeded } from '../../verify/random.ts';
import { type App, headersOf } from '../target/app.ts';
import { type Meanings, meaningsOf } from '../target/meaning.ts';
import { Replies } from './client.ts';
import { Observer } from './observe.ts';
import { Readings } from './readings.ts';
import { clockLine, type Shared } from './run.ts';
import type { Settings } from './settings.ts';

/** Number of operation ids that each virtual user can use. */
const IDS = 1e9;

export const decode = (html: string): string =>
  html.includes('&') ? parseHTML(html.replaceAll('<', '&lt;')).text() : html;

export class VirtualUser {
  /** Name of this virtual user's clock and client in the history. */
  readonly name: string;
  readonly app: App;
  /** Path of the page that sessions read: the first probe's page or, without probes, the page that names the user. */
  readonly home: string;
  readonly shared: Shared;
  readonly settings: Settings;
  readonly observer: Observer;
  readonly replies: Replies;
  readonly interpreter: Interpreter;
  readonly readings: Readings;
  readonly random: Random;
  readonly meaningOf: Meanings;
  readonly #number: number;
  readonly #introduced = new Map<string, string>();
  #ids: number;
  #shown: { name: string; label: string | undefined } = { name: '', label: undefined };
  #now = -1;
  #sessions = 0;
  #values = 0;

  /** @param number the number of this virtual user, from 1 on, unique in the run */
  constructor(shared: Shared, settings: Settings, number: number) {
    const { app, url, cookies } = settings;
    const { canary } = shared.run;
    this.#number = number;
    this.name = `vu${number}`;
    this.app = app;
    this.home = app.probes[0]?.read.path ?? app.signedIn.page;
    this.meaningOf = meaningsOf(app);
    this.shared = shared;
    this.settings = settings;
    this.random = seeded(shared.run.seed, this.name);
    const interpreter = new Interpreter(app, {
      label: secret => this.label(secret),
      userLabel: name => this.#labelOf(name),
      canary,
      decode,
    });
    interpreter.sessionCookies = cookies;
    for (const object of shared.unnamed) interpreter.unnamed.add(object);
    this.interpreter = interpreter;
    this.replies = new Replies({ url, headers: headersOf(app), cookies, canary });
    this.readings = new Readings(interpreter);
    this.observer = new Observer(shared, settings, number, poolOf(app.accounts));
    this.observer.step(clockLine(shared, this.name, settings.uncertainty));
    this.#ids = number * IDS;
    // Tags all requests as load. Requests of a login override the tag.
    exec.vu.metrics.tags['phase'] = 'load';
  }

  /** Returns the account of a user that the script itself logs in. The target file may lack the user. */
  named(user: string): PoolAccount {
    const known = userLabel(this.app.accounts, user);
    if (known === undefined) this.#introduced.set(user, `user-${this.label(user)}`);
    return { user, password: '', label: known ?? `user-${this.label(user)}` };
  }

  /** Most pages name the same user, so the last label is cached. */
  #labelOf(name: string): string | undefined {
    if (name !== this.#shown.name) {
      const label =
        userLabel(this.app.accounts, name) ??
        newcomerLabel(name, this.shared.run.canary) ??
        this.#introduced.get(name);
      this.#shown = { name, label };
    }
    return this.#shown.label;
  }

  /** Returns the text that replaces a secret in the history. Equal secrets have equal texts within one run. */
  label(secret: string): string {
    return hmac('sha256', this.shared.key, secret, 'hex').slice(0, 12);
  }

  nextId(): number {
    return ++this.#ids;
  }

  nextSession(): string {
    return ++this.#sessions === 1 ? `s${this.#number}` : `s${this.#number}-${this.#sessions}`;
  }

  nextValue(): number {
    return ++this.#values;
  }

  /**
   * Returns the time on this virtual user's clock, microseconds. k6's clock has a resolution of 1 ms, so each call
   * adds at least 1 µs.
   */
  time(): number {
    const now = (Date.now() - this.shared.zero) * 1000;
    this.#now = now > this.#now ? now : this.#now + 1;
    return this.#now;
  }
}
