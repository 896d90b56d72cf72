/** Checks that all workloads respect the limits of an app, such as a maximum number of sessions. */
import { describe, expect, it } from 'vitest';
import { FewSessions, OneLogout, PasswordChange, RareLogins } from './limits.ts';
import type { AppRequest, AppResponse } from './serve.ts';
import type { Session, SmallApp } from './small-app.ts';
import { Limits } from './traits.ts';
import { type Judged, judged, those, USUAL, withApp } from './verified.ts';

const CLAIMS = [
  'continuity',
  'isolation',
  'rotation',
  'read-your-writes',
  'one-session',
  'forgery',
  'logout-final',
];
const QUICK = ['hop', 'burst', 'interleave', 'fixation', 'cold-burst'];
const ALL = [...QUICK, 'audit', 'logout-race'];

const run = (app: SmallApp, file: object, workloads: string[]): Promise<Judged> =>
  withApp(app, ({ url }) => judged({ ...USUAL, url, claims: CLAIMS, ...file }, { workloads }));

// Tests only one of the limits with all workloads, to save time.
const LIMITS = [
  { most: 1, full: 'oldest-ends', workloads: ALL, judges: 7 },
  { most: 1, full: 'refused', workloads: QUICK, judges: 5 },
  { most: 3, full: 'refused', workloads: ['hop', 'fixation'], judges: 3 },
] as const;

it.each(LIMITS)('an app that allows a user $most session(s) ($full) is not accused', async limit => {
  const { most, full, workloads, judges } = limit;
  const healthy = await run(new FewSessions(most, full), { sessions: { most } }, [...workloads]);
  expect(those(healthy, 'violated')).toEqual([]);
  expect(those(healthy, 'valid')).toEqual(expect.arrayContaining(CLAIMS.slice(0, judges)));
  expect(healthy.rests['continuity']?.['handoffs']).toBeGreaterThan(20);
});

it('an app that allows one session per user, and enforces this on each instance separately, is found', async () => {
  class Local extends FewSessions {
    override knows({ born }: Session, { instance }: AppRequest): boolean {
      return born === instance;
    }
  }
  const broken = await run(new Local(1), { sessions: { most: 1 } }, ['hop']);
  expect(those(broken, 'violated')).toContain('continuity');
});

it('an app that allows fewer sessions than the target file says is reported to lose sessions', async () => {
  expect(those(await run(new FewSessions(1), {}, ['hop']), 'violated')).toContain('continuity');
});

describe('an app that ends all sessions of a user at one logout', () => {
  const file = { sessions: { logout: 'all' } };

  it('is valid, and its logout is tested with several sessions', async () => {
    const healthy = await run(new OneLogout(), file, ['hop', 'logout-race']);
    expect(those(healthy, 'violated')).toEqual([]);
    expect(those(healthy, 'valid')).toEqual(expect.arrayContaining(['continuity', 'logout-final']));
  });

  it('is found if the sessions of one instance do not end', async () => {
    const broken = new OneLogout();
    broken.misses = 'two';
    expect(those(await run(broken, file, ['hop', 'logout-race']), 'violated')).toContain('logout-final');
  });
});

describe('an app that ends all sessions of a user when the password changes', () => {
  const file = { logoutEverywhere: { path: '/password', form: { new: '{password}' } } };

  it('is not accused', async () => {
    const healthy = await run(new PasswordChange(), file, ['hop', 'logout-race', 'cold-burst']);
    expect(those(healthy, 'violated')).toEqual([]);
    expect(healthy.claimed['logout-final']).toBe('valid');
  });

  it('is found if the sessions of one instance do not end', async () => {
    const broken = new PasswordChange();
    broken.misses = 'one';
    expect(those(await run(broken, file, ['logout-race']), 'violated')).toContain('logout-final');
  });
});

it('an app that limits the rate of logins gets no more logins than it allows', async () => {
  const app = new RareLogins(150);
  const healthy = await run(app, { sessions: { every: '160ms' } }, ['hop', 'fixation']);
  expect([app.refused, healthy.claimed['continuity'], healthy.claimed['rotation']]).toEqual([
    0,
    'valid',
    'valid',
  ]);
});

/**
 * An app that refuses logins above a limit with status 403, the status for a wrong password, but with a different
 * text.
 */
class Forbids extends Limits {
  override answer(asked: AppRequest): AppResponse {
    const response = super.answer(asked);
    return response.status === 429
      ? { status: 403, body: 'Account locked: too many login attempts.' }
      : response;
  }
}

it.each([
  ['429', new Limits(2)],
  ['403', new Forbids(2)],
])(
  'an app that accepts two logins in a minute: the error names the limit (status %s)',
  async (status, app) => {
    await expect(run(app, {}, ['hop'])).rejects.toThrow(
      `/login: the app limits logins (status ${status}). It accepted 2 of 5 logins before the load`,
    );
  },
);
