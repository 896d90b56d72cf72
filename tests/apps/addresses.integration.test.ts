/** Tests `instance.addresses`. With this setting, Baton must judge at least as many guarantees as without it. */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { OneLogout, PasswordChange } from './limits.ts';
import { BasicApp, TwoPages } from './logins.ts';
import type { AppRequest } from './serve.ts';
import { type Session, SmallApp } from './small-app.ts';
import { Panels, Remembers, Resealed, SecondCookie, Visitors } from './traits.ts';
import { type Judged, judged, USUAL, withApp } from './verified.ts';

/** Each instance keeps its sessions in its own memory. */
class Local extends SmallApp {
  override knows({ born }: Session, { instance }: AppRequest): boolean {
    return born === instance;
  }
}

class Expires extends SmallApp {
  readonly #used = new Map<string, number>();

  protected override sessionOf(asked: AppRequest): Session | undefined {
    const session = super.sessionOf(asked);
    if (session === undefined) return undefined;
    const used = this.#used.get(session.id) ?? performance.now();
    if (performance.now() - used > IDLE_MS) return undefined;
    this.#used.set(session.id, performance.now());
    return session;
  }
}
const IDLE_MS = 4_000;

const CLAIMS = ['standard', 'no-lost-updates'];
const TWO_PAGES = {
  page: '/login',
  steps: [
    { path: '/login', form: { user: '{user}' } },
    { method: 'GET', path: '/login/password', capture: { state: { field: 'state' } } },
  ],
  path: '/login/password',
  form: { state: '{state}', pass: '{password}' },
};

const TARGETS: { name: string; app: () => SmallApp; file?: object }[] = [
  { name: 'a plain app', app: () => new SmallApp() },
  { name: 'sessions in memory', app: () => new Local() },
  { name: 'an idle timeout', app: () => new Expires(), file: { expiry: { idle: '4s' } } },
  { name: 'panels', app: () => new Panels() },
  { name: 'a cookie for each visitor', app: () => new Visitors() },
  { name: 'a second cookie', app: () => new SecondCookie() },
  { name: 'cookies that change with each response', app: () => new Resealed() },
  { name: 'a remember-me cookie', app: () => new Remembers() },
  { name: 'a login on two pages', app: () => new TwoPages(), file: { login: TWO_PAGES } },
  { name: 'one logout for all sessions', app: () => new OneLogout(), file: { sessions: { logout: 'all' } } },
  {
    name: 'a change of the password',
    app: () => new PasswordChange(),
    file: { logoutEverywhere: { path: '/password', form: { new: '{password}' } } },
  },
  {
    name: 'HTTP Basic',
    app: () => new BasicApp(),
    file: {
      login: { basic: true, method: 'GET', path: '/account' },
      logout: undefined,
      probes: [{ ...USUAL.probes[0], scope: 'user' }],
      claims: ['stateless-token'],
    },
  },
];

const run = (app: SmallApp, file: object, addressed: boolean, seed: number): Promise<Judged> =>
  withApp(
    app,
    ({ url, addresses }) => {
      const instance = { ...USUAL.instance, ...(addressed ? { addresses } : {}) };
      return judged({ ...USUAL, url, claims: CLAIMS, ...file, instance }, { duration: 2_000, seed });
    },
    // Chooses the instance at random. If the instances took turns, a client could always reach the same instance.
    { addressed, balance: () => ({ instance: randomInt(2) === 0 ? 'one' : 'two' }) },
  );

/** `npm run test:long` runs all targets. */
const TRIED = LONG ? TARGETS : TARGETS.slice(0, 1);

/** Maximum number of runs until there is a verdict, because some evidence depends on chance. */
const TRIES = 3;

it.each(TRIED)(
  '$name: verify decides at least as much with instance.addresses',
  async ({ app, file = {} }) => {
    const { claimed: without } = await run(app(), file, false, 1);
    const decided = Object.keys(without).filter(name => without[name] !== 'unknown');
    expect(decided.length).toBeGreaterThan(0);
    let open = decided;
    for (let seed = 1; seed <= TRIES && open.length > 0; seed++) {
      const { claimed } = await run(app(), file, true, seed);
      for (const name of decided.filter(one => claimed[one] !== 'unknown'))
        expect(claimed[name], name).toBe(without[name]);
      open = open.filter(name => claimed[name] === 'unknown');
    }
    expect(open).toEqual([]);
  },
);
