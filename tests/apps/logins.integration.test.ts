/** Tests Baton with each kind of login. */
import { expect, it } from 'vitest';
import { BasicApp, TwoPages } from './logins.ts';
import type { AppRequest } from './serve.ts';
import type { Session, SmallApp } from './small-app.ts';
import { type Judged, judged, those, USUAL, withApp } from './verified.ts';

const run = (app: SmallApp, file: object, workloads: string[]): Promise<Judged> =>
  withApp(app, ({ url }) => judged({ ...USUAL, url, ...file }, { workloads }));

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
  claims: ['continuity', 'isolation'],
};

it('a login that asks for the user name on one page and for the password on the next', async () => {
  const healthy = await run(new TwoPages(), TWO_PAGES, ['hop', 'interleave']);
  expect(those(healthy, 'valid')).toEqual(TWO_PAGES.claims);

  class Forgetful extends TwoPages {
    override knows({ born }: Session, { instance }: AppRequest): boolean {
      return born === instance;
    }
  }
  expect(those(await run(new Forgetful(), TWO_PAGES, ['hop']), 'violated')).toEqual(['continuity']);
});

const BASIC = {
  login: { basic: true, method: 'GET', path: '/account' },
  logout: undefined,
  probes: [{ ...USUAL.probes[0], scope: 'user' }],
  claims: ['stateless-token'],
};

it('HTTP Basic: every request names its user, and no cookie is judged', async () => {
  const healthy = await run(new BasicApp(), BASIC, ['hop', 'interleave', 'cold-burst']);
  expect(those(healthy, 'violated')).toEqual([]);
  expect(those(healthy, 'valid')).toEqual(
    expect.arrayContaining(['continuity', 'isolation', 'one-session', 'read-your-writes']),
  );
  expect(Object.keys(healthy.claimed)).not.toContain('cookie-policy');

  const broken = new BasicApp();
  broken.forgets = ({ instance }, user) => instance === 'two' && user === 'bob';
  expect(those(await run(broken, BASIC, ['hop']), 'violated')).toContain('continuity');
});
