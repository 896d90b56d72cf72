/**
 * For k6 scripts of others: `session(shared, user)` sends what `http` would, and each answer is recorded, judged and
 * counted as in the scripts of this folder. TARGET says what the app looks like (docs/k6.md).
 */
import exec from 'k6/execution';
import { type Account, userLabel } from './accounts.ts';
import type { App, FormRequest, Probe } from './app.ts';
import type { Body, Params, Response } from './client.ts';
import { thresholdsOf } from './figures.ts';
import type { SummaryData } from './k6-summary.ts';
import { addNothing } from './metrics.ts';
import { readOf, type What } from './recording.ts';
import { firstLines, lastLines, makeRun, type Shared, writeLine } from './run.ts';
import { loadLimits } from './scenarios.ts';
import { Session } from './session.ts';
import { settingsOf } from './settings.ts';
import { summariesOf } from './summary.ts';
import { VirtualUser } from './virtual-user.ts';

/** What setup() makes, and session() takes. */
export type Verified = Shared;

const settings = settingsOf(__ENV, 'yours', { claims: ['continuity', 'routing', 'availability'] });

/** For `options.thresholds`; others may stand beside them. That nothing breaks holds for all that is judged. */
export const thresholds: Record<string, string[]> = {
  ...thresholdsOf(settings.judged, settings.instances),
  ...loadLimits(settings),
  baton_bleed: ['count==0'],
  baton_stale: ['count==0'],
  baton_back: ['count==0'],
};

export function setup(): Verified {
  const shared = makeRun(settings);
  addNothing();
  if (settings.history) firstLines(shared, settings).forEach(writeLine);
  return shared;
}

export function teardown(shared: Verified): void {
  if (settings.history) lastLines(shared, settings).forEach(writeLine);
}

export const handleSummary = (data: SummaryData): Record<string, string> => summariesOf(data, settings, []);

/** As `k6/http`, as far as it makes one request at a time. Redirects are not followed unless the parameters say so. */
export interface Requests {
  get(url: string, params?: Params): Response;
  post(url: string, body?: Body, params?: Params): Response;
  request(method: string, url: string, body?: Body, params?: Params): Response;
}

/** Each virtual user has a copy of this module, so these are its own. */
let vu: VirtualUser | undefined;
const known = new Map<string, Driven>();

/**
 * @param shared what setup() returned
 * @param user how the app's pages name the user
 * @returns the requests of this user; the same for the same user, also in the next iteration
 */
export function session(shared: Verified, user: string): Requests {
  vu ??= new VirtualUser(shared, settings, exec.vu.idInTest);
  let driven = known.get(user);
  if (driven === undefined) {
    const label = userLabel(settings.app.accounts, user) ?? vu.introduce(user);
    driven = new Driven(vu, { user, password: '', label });
    known.set(user, driven);
  }
  driven.enterIteration();
  return driven;
}

class Driven implements Requests {
  readonly #session: Session;
  readonly #app: App;
  readonly #url: string;
  #iteration = -1;
  #begun = false;

  constructor(user: VirtualUser, account: Account) {
    this.#session = new Session(user, account, 'driven');
    this.#app = user.app;
    this.#url = user.settings.url;
  }

  /** k6 replaces the jar at each iteration unless it is told otherwise: that ends a session, and loses none. */
  enterIteration(): void {
    const { iterationInInstance } = exec.vu;
    const anew = this.#iteration !== -1 && this.#iteration !== iterationInInstance;
    this.#iteration = iterationInInstance;
    if (!anew || exec.test.options.noCookiesReset === true || !this.#begun) return;
    this.#session.over('jar replaced');
    this.#begun = false;
  }

  get(url: string, params: Params = {}): Response {
    return this.request('GET', url, null, params);
  }

  post(url: string, body: Body = null, params: Params = {}): Response {
    return this.request('POST', url, body, params);
  }

  request(method: string, url: string, body: Body = null, params: Params = {}): Response {
    const what = whatIs(this.#app, method, this.#pathOf(url), body);
    // A form opened by nobody begins anew: the login before it was refused, or its session is lost.
    if (!this.#begun || (what.action === 'form' && !this.#session.alive)) this.#session.begin();
    this.#begun = true;
    const response = this.#session.exchange(what, method, url, body, params);
    if (what.action === 'logout') {
      this.#session.over('logout');
      this.#begun = false;
    }
    return response;
  }

  #pathOf(url: string): string {
    const path = url.startsWith(this.#url) ? url.slice(this.#url.length) : url;
    return path.split(/[?#]/)[0] || '/';
  }
}

/** What a request of somebody else's script means, by what the target says of its pages. */
function whatIs({ login, logout, probes, signedIn }: App, method: string, path: string, body: Body): What {
  const reads = method === 'GET' || method === 'HEAD';
  if (reads && path === login.page) return { action: 'form' };
  if (login.steps?.some(step => step.path === path && reads === (step.method === 'GET')))
    return { action: 'form' };
  if (!reads && path === login.path) return { action: 'login' };
  if (path === logout?.path) return { action: 'logout' };
  const probe = probes.find(({ read }) => read.path === path);
  if (reads)
    return probe === undefined ? { action: 'read', unmarked: path !== signedIn.page } : readOf(probe);
  return written(probes, path, body) ?? { action: 'set' };
}

function written(probes: readonly Probe[], path: string, body: Body): What | undefined {
  for (const probe of probes) {
    const added = valueIn(probe.add, path, body);
    if (added !== undefined) return { action: 'add', probe, value: added };
    const removed = valueIn(probe.remove, path, body);
    if (removed !== undefined) return { action: 'remove', probe, value: removed };
  }
  return undefined;
}

/** What stands in the field that the target calls {value}. */
function valueIn(request: FormRequest | undefined, path: string, body: Body): string | undefined {
  if (request?.path !== path || body === null || typeof body === 'string') return undefined;
  const field = Object.keys(request.form).find(name => request.form[name] === '{value}');
  return field === undefined ? undefined : body[field];
}
