/** What the sessions of one virtual user share: its clock, its numbers, its judge. */
import { hmac } from 'k6/crypto';
import { parseHTML } from 'k6/html';
import { type Findings, finder } from '../../verify/core/finding.ts';
import { Interpreter, type Reply } from '../../verify/core/interpret.ts';
import { type Random, seeded } from '../../verify/workloads/random.ts';
import { newcomerLabel, poolOf, userLabel } from './accounts.ts';
import type { App, Captures } from './app.ts';
import { Replies, type Response, wholeOf } from './client.ts';
import { Observer } from './observe.ts';
import { Readings } from './readings.ts';
import { clockLine, type Shared } from './run.ts';
import type { Settings } from './settings.ts';

/** Room for the operations of one virtual user: ids are unique in the run. */
const IDS = 1e9;

const decode = (html: string): string =>
  html.includes('&') ? parseHTML(html.replaceAll('<', '&lt;')).text() : html;

/** Those that name the instance, or hold the form token. */
const headersOf = ({ instance, csrf }: App): string[] => [
  ...(instance?.header === undefined ? [] : [instance.header]),
  ...(typeof csrf === 'object' && 'header' in csrf ? [csrf.header] : []),
];

export class VirtualUser {
  /** From 1 on, unique in the run. */
  readonly number: number;
  /** Of its clock, and of itself in a history. */
  readonly name: string;
  readonly app: App;
  readonly shared: Shared;
  readonly settings: Settings;
  readonly observer: Observer;
  readonly replies: Replies;
  readonly readings: Readings;
  readonly random: Random;
  readonly #interpreter: Interpreter;
  readonly #csrf: Findings | undefined;
  readonly #request: string;
  readonly #introduced = new Map<string, string>();
  #ids: number;
  #shown: { name: string; label: string | undefined } = { name: '', label: undefined };
  #now = -1;
  #sessions = 0;
  #values = 0;

  constructor(shared: Shared, settings: Settings, number: number) {
    const { app } = settings;
    this.number = number;
    this.name = `vu${number}`;
    this.app = app;
    this.shared = shared;
    this.settings = settings;
    this.random = seeded(shared.run.seed, this.name);
    this.#interpreter = new Interpreter(app, {
      label: secret => this.label(secret),
      userLabel: name => this.#labelOf(name),
      canary: shared.run.canary,
      decode,
    });
    this.#interpreter.sessionCookies = settings.cookies;
    this.#csrf = app.csrf === undefined ? undefined : finder(app.csrf, decode);
    const { url, cookies } = settings;
    this.replies = new Replies({ url, headers: headersOf(app), cookies, canary: shared.run.canary });
    this.readings = new Readings(this.#interpreter);
    this.observer = new Observer(shared, settings, number, poolOf(app.accounts));
    this.observer.step(clockLine(shared, this.name, settings.uncertainty));
    this.#request = `${shared.run.run}-`;
    this.#ids = number * IDS;
  }

  /**
   * Makes somebody known who is no account of the target.
   *
   * @returns the label
   */
  introduce(user: string): string {
    const label = `user-${this.label(user)}`;
    this.#introduced.set(user, label);
    return label;
  }

  /** Pages mostly name the user that the last one named. */
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

  /** @returns what stands for a secret in the history: equal ones are equal, within one run */
  label(secret: string): string {
    return hmac('sha256', this.shared.key, secret, 'hex').slice(0, 12);
  }

  /** @returns the form token in a page; empty when there is none */
  csrf(page: Pick<Reply, 'headers' | 'body' | 'cookies'>): string {
    return this.#csrf?.first(page) ?? '';
  }

  /** @returns what a response holds that later requests send */
  captured(captures: Captures, response: Response): Record<string, string> {
    const whole = wholeOf(response);
    const found = Object.entries(captures).map(([name, finding]) => [
      name,
      finder(finding, decode).first(whole),
    ]);
    return Object.fromEntries(found.filter(([, value]) => value !== undefined));
  }

  nextId(): number {
    return ++this.#ids;
  }

  requestOf(id: number): string {
    return this.#request + id;
  }

  nextSession(): string {
    return ++this.#sessions === 1 ? `s${this.number}` : `s${this.number}-${this.#sessions}`;
  }

  nextValue(): number {
    return ++this.#values;
  }

  /**
   * Microseconds on the clock of this virtual user. k6 tells milliseconds, in which an answer and the next request
   * often fall together; a virtual user does one thing after the other, so each of its times is later than the last.
   * Against other clocks, `uncertainty` says how little that means.
   */
  time(): number {
    const now = (Date.now() - this.shared.zero) * 1000;
    this.#now = now > this.#now ? now : this.#now + 1;
    return this.#now;
  }
}
