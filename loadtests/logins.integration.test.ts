/** Tests k6 scripts with logins that need more than one form. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { BasicApp, TokenApi, TwoPages } from '../tests/apps/logins.ts';
import type { AppRequest, AppResponse, How } from '../tests/apps/serve.ts';
import { PASSWORD, type Session, SmallApp } from '../tests/apps/small-app.ts';
import { USUAL, withApp } from '../tests/apps/verified.ts';
import { LONG } from '../tests/long.ts';
import { used } from '../tests/used.ts';
import { k6Target } from '../verify/target/k6.ts';
import { parseTarget } from '../verify/target/load.ts';
import type { ScriptRun } from './testing/double.ts';
import { double, REAL_K6, realK6, runLongEnough } from './testing/scripts.ts';

const runner = realK6 ?? double;
const SCRIPT = fileURLToPath(new URL('./dashboard.ts', import.meta.url));

const ACCOUNTS = ['alice', 'bob'].map(user => ({ user, password: '\x24{PASSWORD}' }));

const TWO_PAGES = {
  login: {
    page: '/login',
    steps: [
      { path: '/login', form: { user: '{user}' } },
      { method: 'GET', path: '/login/password', capture: { state: { field: 'state' } } },
    ],
    path: '/login/password',
    form: { state: '{state}', pass: '{password}' },
  },
};

const TOKEN = {
  headers: { Authorization: 'Bearer {token}' },
  login: {
    page: '/',
    path: '/api/login',
    json: { name: '{user}', secret: '{password}' },
    capture: { token: { json: '/accessToken' } },
  },
  csrf: undefined,
  signedIn: { page: '/api/me', user: { json: '/name' } },
  probes: [],
  logout: { path: '/api/logout' },
};

const BASIC = {
  login: { basic: true, method: 'GET', path: '/account' },
  probes: [{ ...USUAL.probes[0], scope: 'user' }],
  logout: undefined,
};

/**
 * Counts requests for each connection. With one counter for all connections, a client could always reach the same
 * instance.
 */
function inTurn(): How {
  const turns: number[] = [];
  return {
    balance(_asked, _n, connection) {
      const turn = (turns[connection] ?? connection) + 1;
      turns[connection] = turn;
      return { instance: turn % 2 === 0 ? 'one' : 'two' };
    },
  };
}

async function loaded(app: SmallApp, file: object): Promise<ScriptRun> {
  const act = async ({ url }: { url: string }): Promise<ScriptRun> => {
    const text = stringify({
      ...USUAL,
      url,
      accounts: ACCOUNTS,
      claims: ['continuity'],
      ...file,
    });
    const line = k6Target(parseTarget(text, 'target.yaml', { PASSWORD }), text);
    expect(line).not.toContain(PASSWORD);
    const env = {
      TARGET: line,
      PASSWORD,
      BASE_URL: url,
      USERS: '2',
      INSTANCES: 'one,two',
      NO_COLOR: '1',
      P95: '60000',
    };
    return runLongEnough(['1s', '20s', '60s'], DURATION => runner.run(SCRIPT, { ...env, DURATION }));
  };
  return withApp(app, act, inTurn());
}

it.each<[string, new () => SmallApp, object]>([
  ['on two pages, the second of which has a hidden field', TwoPages, TWO_PAGES],
  ['by JSON; each later request sends the token of the response in a header', TokenApi, TOKEN],
])('scripts log in %s', async (_, App, file) => {
  const healthy = await loaded(new App(), file);
  expect(healthy.stdout).toMatch(/✓ continuity +valid/);
  expect(healthy.code).toBe(0);
  const app = new App();
  // Each instance keeps its sessions in its own memory.
  app.knows = ({ born }, { instance }) => born === instance;
  const broken = await loaded(app, file);
  expect(broken.stdout).toMatch(/✗ continuity +violated/);
  expect(broken.code).toBe(99);
});

/** Redirects signed-in users from the login page, as Laravel's `guest` does. */
class GuestOnly extends SmallApp {
  readonly ids: string[] = [];

  protected override route(
    { method, path, headers }: AppRequest,
    session: Session | undefined,
  ): AppResponse | undefined {
    const id = headers['x-request-id'];
    if (id !== undefined) this.ids.push(`${id}`);
    // Imitates a gateway that requires a key in each request.
    if (path === '/notes.json' && headers['x-key'] !== 'k') return { status: 403, body: '{}' };
    if (`${method} ${path}` === 'GET /login' && session !== undefined) return { to: '/account' };
    if (path !== '/notes.json') return undefined;
    if (session === undefined) return { status: 401, body: '{}' };
    return { body: JSON.stringify(session.notes) };
  }

  protected override login(asked: AppRequest): AppResponse {
    const answer = super.login(asked);
    return answer.to === undefined ? answer : { ...answer, to: '/login' };
  }
}

const [NOTES] = USUAL.probes;
const GUEST_ONLY = {
  headers: { 'X-Key': 'k' },
  probes: [{ ...NOTES, read: { path: '/notes.json', items: { json: '/*' } }, add: undefined }],
};

it.runIf(LONG)(
  'scripts log in if the login redirects to its own page, and judge JSON that names no user',
  async () => {
    const guests = new GuestOnly();
    const healthy = await loaded(guests, GUEST_ONLY);
    // Each request has its own id, by which access logs identify the request.
    expect(new Set(guests.ids).size).toBe(guests.ids.length);
    expect(healthy.stdout).toMatch(/✓ continuity +valid/);
    expect(healthy.code).toBe(0);
    const app = new GuestOnly();
    app.knows = ({ born }, { instance }) => born === instance;
    const broken = await loaded(app, GUEST_ONLY);
    expect(broken.stdout).toMatch(/✗ continuity +violated/);
    expect(broken.code).toBe(99);
  },
);

it.runIf(LONG)('scripts log in by HTTP Basic with every request', async () => {
  const { stdout, code } = await loaded(new BasicApp(), BASIC);
  expect(stdout).toMatch(/✓ continuity +valid/);
  expect(code).toBe(0);
  const app = new BasicApp();
  let asked = 0;
  // The instance forgets Bob only after some requests: he must sign in before his session can be lost.
  app.forgets = ({ instance }, user) => user === 'bob' && ++asked > 5 && instance === 'two';
  const broken = await loaded(app, BASIC);
  expect(broken.stdout).toMatch(/✗ continuity +violated/);
  expect(broken.code).toBe(99);
});

used('real k6', REAL_K6);
