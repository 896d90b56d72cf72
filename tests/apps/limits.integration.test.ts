/** What an app allows a user is kept to by every workload: it is accused of nothing else, and of what is broken. */
import { describe, expect, it } from 'vitest';
import { FewSessions, OneLogout, PasswordChange, RareLogins } from './limits.ts';
import type { Asked } from './serve.ts';
import type { Session, SmallApp } from './small-app.ts';
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

// In one of them, all there is: the others would only take time.
const LIMITS = [
  { most: 1, full: 'oldest-ends', workloads: ALL, judges: 7 },
  { most: 1, full: 'refused', workloads: QUICK, judges: 5 },
  { most: 3, full: 'refused', workloads: ['hop', 'fixation'], judges: 3 },
] as const;

it.each(LIMITS)('an app that allows a user $most at a time ($full) is accused of nothing', async limit => {
  const { most, full, workloads, judges } = limit;
  const healthy = await run(new FewSessions(most, full), { sessions: { most } }, [...workloads]);
  expect(those(healthy, 'violated')).toEqual([]);
  expect(those(healthy, 'valid')).toEqual(expect.arrayContaining(CLAIMS.slice(0, judges)));
  expect(healthy.rests['continuity']?.['handoffs']).toBeGreaterThan(20);
});

it('an app that allows one at a time and keeps it on one instance is found', async () => {
  class Local extends FewSessions {
    override knows({ born }: Session, { instance }: Asked): boolean {
      return born === instance;
    }
  }
  const broken = await run(new Local(1), { sessions: { most: 1 } }, ['hop']);
  expect(those(broken, 'violated')).toContain('continuity');
});

it('an app that is said to allow more than it does loses sessions', async () => {
  expect(those(await run(new FewSessions(1), {}, ['hop']), 'violated')).toContain('continuity');
});

describe('an app that ends all sessions of a user at one logout', () => {
  const file = { sessions: { logout: 'all' } };

  it('is accused of nothing, and its logout is tried on several sessions', async () => {
    const healthy = await run(new OneLogout(), file, ['hop', 'logout-race']);
    expect(those(healthy, 'violated')).toEqual([]);
    expect(those(healthy, 'valid')).toEqual(expect.arrayContaining(['continuity', 'logout-final']));
  });

  it('and misses those of one instance, is found', async () => {
    const broken = new OneLogout();
    broken.misses = 'two';
    expect(those(await run(broken, file, ['hop', 'logout-race']), 'violated')).toContain('logout-final');
  });
});

describe('an app that ends all sessions of a user when the password changes', () => {
  const file = { logoutEverywhere: { path: '/password', form: { new: '{password}' } } };

  it('is accused of nothing', async () => {
    const healthy = await run(new PasswordChange(), file, ['hop', 'logout-race', 'cold-burst']);
    expect(those(healthy, 'violated')).toEqual([]);
    expect(healthy.claimed['logout-final']).toBe('valid');
  });

  it('and misses those of one instance, is found', async () => {
    const broken = new PasswordChange();
    broken.misses = 'one';
    expect(those(await run(broken, file, ['logout-race']), 'violated')).toContain('logout-final');
  });
});

it('an app that lets a user log in only so often is not asked more often', async () => {
  const app = new RareLogins(150);
  const healthy = await run(app, { sessions: { every: '160ms' } }, ['hop', 'fixation']);
  expect([app.refused, healthy.claimed['continuity'], healthy.claimed['rotation']]).toEqual([
    0,
    'valid',
    'valid',
  ]);
});
